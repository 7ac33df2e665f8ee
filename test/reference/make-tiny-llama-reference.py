"""Writes test/reference/tiny-llama.json: what transformers computes with the folder models/tiny-llama.

Run: pip install torch==2.15.0 transformers==5.23.0, then python3 test/reference/make-tiny-llama-reference.py
"""

import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent.parent / "models" / "tiny-llama"
TEXT = (
    "<|endoftext|>Mr. Speaker, Mr. Vice President, Members of Congress, and fellow Americans: our union is strong, "
    "and we will keep it so, for our children and for theirs."
)
POSITIONS = [0, 1, 16, 31, 32, 40]

tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32, attn_implementation="eager").eval()
tokens = tokenizer(TEXT, return_tensors="pt", add_special_tokens=False).input_ids
with torch.no_grad():
    output = model(tokens, labels=tokens)
reference = {
    "text": TEXT,
    "tokens": tokens[0].tolist(),
    "positions": POSITIONS,
    "logits": output.logits[0, POSITIONS].tolist(),
    "loss": output.loss.item(),
}
(HERE / "tiny-llama.json").write_text(json.dumps(reference) + "\n")
print(len(reference["tokens"]), "tokens, loss", reference["loss"])
