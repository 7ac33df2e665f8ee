"""Writes tiny random Llamas and what transformers makes of them, for test/model/llama-reference.test.ts.

Each folder under test/reference/llama/ is a Hugging Face folder; reference.json holds tokens and logits.
Run: pip install torch==2.15.0 transformers==5.23.0, then python3 test/reference/make-llama-reference.py
"""

import json
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

HERE = Path(__file__).resolve().parent / "llama"
SHAPES = {
    # Grouped key-value heads, a head size that is not hidden / heads, tied embeddings.
    "tied": dict(num_attention_heads=4, num_key_value_heads=2, head_dim=6, tie_word_embeddings=True),
    # As many key-value heads as heads, an output projection of its own.
    "untied": dict(num_attention_heads=2, num_key_value_heads=2, head_dim=8, tie_word_embeddings=False),
    # Half the bytes a weight, in two files.
    "sharded-bf16": dict(num_attention_heads=4, num_key_value_heads=1, head_dim=4, tie_word_embeddings=True),
}

for seed, (name, shape) in enumerate(SHAPES.items()):
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=40,
        hidden_size=16,
        intermediate_size=28,
        num_hidden_layers=2,
        max_position_embeddings=64,
        rms_norm_eps=1e-5,
        rope_theta=500.0,
        initializer_range=0.3,
        bos_token_id=0,
        eos_token_id=0,
        attn_implementation="eager",
        **shape,
    )
    model = LlamaForCausalLM(config).eval()
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data.normal_(1.0, 0.3)
    folder = HERE / name
    if name == "sharded-bf16":
        model = model.to(torch.bfloat16)
        model.save_pretrained(folder, max_shard_size="6KB")
        # From the files, because a model turned back keeps rounded rotary frequencies.
        model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    else:
        model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokens = torch.randint(0, 40, (2, 13))
    with torch.no_grad():
        logits = model(tokens).logits
        loss = model(tokens, labels=tokens).loss
    reference = {"tokens": tokens.tolist(), "logits": logits.flatten().tolist(), "loss": loss.item()}
    (folder / "reference.json").write_text(json.dumps(reference) + "\n")
    print(name, sum(p.numel() for p in model.parameters()), loss.item())
