"""Writes what lm-eval 0.4.13 puts before questions as worked examples, and what Python's random draws for it.

The questions are those of test/reference/lm-eval/data; each task's definition is lm-eval's own, with only the source of
the data replaced. No model is run.
Run: pip install lm_eval==0.4.13, then python3 test/reference/make-few-shot-reference.py
"""

import json
import random
from pathlib import Path

import lm_eval
from lm_eval.api.task import ConfigurableTask
from lm_eval.tasks._yaml_loader import load_yaml

HERE = Path(__file__).resolve().parent / "lm-eval"
UPSTREAM = Path(lm_eval.__file__).parent / "tasks"
SEED = 1234  # lm-eval's default

# Task, its definition, the file of worked examples, shots.
RUNS = [
    ("piqa", "piqa/piqa.yaml", "piqa", 3),
    ("arc_easy", "arc/arc_easy.yaml", "arc_challenge", 2),
    ("arc_challenge", "arc/arc_challenge.yaml", "arc_easy", 6),
    ("hellaswag", "hellaswag/hellaswag.yaml", "hellaswag", 2),
    ("winogrande", "winogrande/default.yaml", "winogrande", 4),
]


def built(task, definition, examples, shots):
    config = load_yaml(UPSTREAM / definition)
    for key in ("dataset_name", "tag", "group"):
        config.pop(key, None)
    asked = "test" if config.get("test_split") else "validation"
    files = {"train": str(HERE / f"data/{examples}.jsonl"), asked: str(HERE / f"data/{task}.jsonl")}
    config.pop("validation_split") if asked == "test" else None
    config |= {"dataset_path": "json", "dataset_kwargs": {"data_files": files}, "num_fewshot": shots}
    made = ConfigurableTask(config=config)
    made.set_fewshot_seed(SEED)
    made.build_all_requests()
    items = {}
    for instance in made.instances:
        context, continuation = instance.args
        items.setdefault(instance.doc_id, []).append({"context": context, "continuation": continuation})
    return {"examples": examples, "shots": shots, "seed": SEED, "items": list(items.values())}


def draws(population, count, times=5):
    stream = random.Random(SEED)
    sampled = [stream.sample(range(population), count) for _ in range(times)]
    return {"population": population, "count": count, "sampled": sampled}


if __name__ == "__main__":
    out = HERE / "expected" / "few_shot"
    out.mkdir(exist_ok=True)
    for run in RUNS:
        (out / f"{run[0]}.json").write_text(json.dumps(built(*run), ensure_ascii=False, indent=1) + "\n")
    samples = [draws(*shape) for shape in [(13, 4), (21, 5), (22, 5), (85, 6), (86, 6), (40_000, 26), (5, 5)]]
    (out / "random.json").write_text(json.dumps({"seed": SEED, "samples": samples}) + "\n")
