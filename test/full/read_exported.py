"""Reads exported models with transformers and prints, as JSON, what they compute.

Standard input: {"folders": {name: path}, "rows": [[token, ...], ...], "prompt": [token, ...], "new_tokens": n}.
"""

import json
import sys

import torch
from transformers import AutoModelForCausalLM


def greedy(model, ids, mask, count):
    made = model.generate(
        ids, attention_mask=mask, max_new_tokens=count, do_sample=False, pad_token_id=0
    )
    return made[:, ids.shape[1] :].tolist()


def computed(folder, rows, prompt, count):
    model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True, dtype=torch.float32).eval()
    # Texts are compared at their full length.
    model.generation_config.eos_token_id = None
    ids = torch.tensor([prompt])
    with torch.no_grad():
        logits = [model(torch.tensor([row])).logits[0, -1].tolist() for row in rows]
        cache = model(ids).past_key_values
        before = cache.state_bytes()
        for token in prompt + prompt:
            model(torch.tensor([[token]]), past_key_values=cache)
        padded = torch.tensor([[0] * 3 + prompt, [1, 2, 3] + prompt])
        mask = torch.ones_like(padded)
        mask[0, :3] = 0
        batch = greedy(model, padded, mask, count)
        return {
            "logits": logits,
            "generated": greedy(model, ids, torch.ones_like(ids), count)[0],
            "padded": batch[0],
            "beams": model.generate(ids, max_new_tokens=4, num_beams=3, do_sample=False, pad_token_id=0).shape[1],
            "stateBytes": [before, cache.state_bytes()],
            "gradients": gradients_reach_all(model, rows[-1]),
        }


def gradients_reach_all(model, row):
    ids = torch.tensor([row])
    with torch.enable_grad():
        model(ids, labels=ids).loss.backward()
    return all(parameter.grad is not None for parameter in model.parameters())


def main():
    torch.set_num_threads(1)
    task = json.load(sys.stdin)
    result = {
        name: computed(folder, task["rows"], task["prompt"], task["new_tokens"])
        for name, folder in task["folders"].items()
    }
    json.dump(result, sys.stdout)


main()
