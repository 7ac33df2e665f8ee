"""Writes test/reference/adamw.json: steps of torch.optim.AdamW with clipped gradients.

Run: pip install torch==2.15.0, then python3 test/reference/make-adamw-reference.py
"""

import json
from pathlib import Path

import torch

torch.manual_seed(0)
settings = dict(lr=0.05, betas=(0.9, 0.95), eps=1e-6)
matrix = torch.randn(3, 2, requires_grad=True)
vector = torch.randn(2, requires_grad=True)
initial = {"matrix": matrix.tolist(), "vector": vector.tolist()}
optimizer = torch.optim.AdamW(
    [dict(params=[matrix], weight_decay=0.1), dict(params=[vector], weight_decay=0.0)], **settings
)
steps = []
for _ in range(4):
    gradients = {"matrix": torch.randn(3, 2) * 2, "vector": torch.randn(2) * 0.1}
    matrix.grad, vector.grad = gradients["matrix"].clone(), gradients["vector"].clone()
    torch.nn.utils.clip_grad_norm_([matrix, vector], 1.5)
    optimizer.step()
    steps.append(
        {
            "gradients": {name: gradient.tolist() for name, gradient in gradients.items()},
            "parameters": {"matrix": matrix.tolist(), "vector": vector.tolist()},
        }
    )
path = Path(__file__).resolve().parent / "adamw.json"
path.write_text(json.dumps({"initial": initial, "steps": steps}) + "\n")
