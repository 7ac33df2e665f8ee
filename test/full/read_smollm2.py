"""Reads a GGUF file with transformers and prints, as JSON, what its tokenizer and its model make of texts.

Standard input: {"file": path, "lines": [text, ...], "rows": [[token, ...], ...], "prompts": [text, ...],
"new_tokens": n, "logits": path}. The scores of the rows are written to "logits", one float32 after the other.
"""

import json
import sys
from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer


def main():
    torch.set_num_threads(2)
    task = json.load(sys.stdin)
    file = Path(task["file"])
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    # transformers takes GPT-2's rule for every GGUF file; SmolLM2 was published with digits apart.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
    # Texts are compared at their full length.
    model.generation_config.eos_token_id = None
    with torch.no_grad():
        scores = [model(torch.tensor([row])).logits[0].numpy() for row in task["rows"]]
        texts = [greedy(model, encode(tokenizer, prompt), task["new_tokens"]) for prompt in task["prompts"]]
    Path(task["logits"]).write_bytes(b"".join(score.tobytes() for score in scores))
    json.dump({"tokens": [encode(tokenizer, line) for line in task["lines"]], "texts": texts}, sys.stdout)


def encode(tokenizer, text):
    return tokenizer(text, add_special_tokens=False).input_ids


def greedy(model, tokens, count):
    ids = torch.tensor([tokens])
    made = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=count, do_sample=False, pad_token_id=0
    )
    return made[0, len(tokens) :].tolist()


main()
