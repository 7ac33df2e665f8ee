"""Writes tiny random decoders of every family and what transformers makes of them.

Each folder under test/reference/families/ is a Hugging Face folder; reference.json holds tokens and logits. Some are
written as GGUF too, as llama.cpp's converter does it: test/reference/gguf/NAME.gguf.
Run: pip install torch==2.15.0 transformers==5.23.0 gguf==0.17.1, then python3 test/reference/make-family-reference.py
"""

import json
import math
from pathlib import Path

import gguf
import numpy as np
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

HERE = Path(__file__).resolve().parent
TIME, VOCABULARY = 41, 40
LLAMA, MISTRAL = (LlamaConfig, LlamaForCausalLM), (MistralConfig, MistralForCausalLM)
QWEN2, QWEN3 = (Qwen2Config, Qwen2ForCausalLM), (Qwen3Config, Qwen3ForCausalLM)


def llama3(theta: float, factor: float, original: int) -> dict:
    return dict(
        rope_type="llama3",
        rope_theta=theta,
        factor=factor,
        low_freq_factor=1.0,
        high_freq_factor=4.0,
        original_max_position_embeddings=original,
    )


FAMILIES = {
    # Scaling that is felt within few tokens.
    "llama3-short": (LLAMA, dict(rope_parameters=llama3(500.0, 4.0, 16))),
    # The numbers of Llama 3.1.
    "llama3": (LLAMA, dict(rope_parameters=llama3(500_000.0, 8.0, 8192), max_position_embeddings=131_072)),
    "llama-linear": (LLAMA, dict(rope_parameters=dict(rope_type="linear", rope_theta=500.0, factor=2.5))),
    "llama-bias": (LLAMA, dict(attention_bias=True)),
    "mistral": (MISTRAL, dict(sliding_window=5)),
    "mistral-no-window": (MISTRAL, dict(sliding_window=None)),
    "qwen2": (QWEN2, dict(tie_word_embeddings=False)),
    "qwen2-window": (QWEN2, dict(use_sliding_window=True, sliding_window=7, max_window_layers=0)),
    "qwen3": (QWEN3, dict()),
}
AS_GGUF = {"llama3": gguf.MODEL_ARCH.LLAMA, "qwen2": gguf.MODEL_ARCH.QWEN2, "qwen3": gguf.MODEL_ARCH.QWEN3}


def make(name: str, seed: int) -> torch.nn.Module:
    (config_class, model_class), special = FAMILIES[name]
    torch.manual_seed(seed)
    shape = dict(
        vocab_size=VOCABULARY,
        hidden_size=16,
        intermediate_size=28,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        rms_norm_eps=1e-5,
        initializer_range=0.3,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=True,
        attn_implementation="eager",
    )
    if not name.startswith("qwen2"):
        shape["head_dim"] = 8
    if "rope_parameters" not in special:
        shape["rope_parameters"] = dict(rope_type="default", rope_theta=500.0)
    model = model_class(config_class(**{**shape, **special})).eval()
    for key, parameter in model.named_parameters():
        if parameter.dim() == 1:
            parameter.data.normal_(0.0 if key.endswith("bias") else 1.0, 0.3)
    return model


def permuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """The order of rows that llama.cpp wants: neighbouring rows turn together."""
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return halves.swapaxes(1, 2).reshape(weight.shape)


def rope_divisors(config: LlamaConfig) -> np.ndarray:
    scaling = config.rope_parameters
    frequencies = 1.0 / scaling["rope_theta"] ** (np.arange(0, config.head_dim, 2) / config.head_dim)
    divisors = []
    for wave in 2 * math.pi / frequencies:
        turns = scaling["original_max_position_embeddings"] / wave
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        smooth = min(1.0, max(0.0, (turns - low) / (high - low)))
        divisors.append(1 / ((1 - smooth) / scaling["factor"] + smooth))
    return np.array(divisors, dtype=np.float32)


def save_gguf(path: Path, model: torch.nn.Module, arch: gguf.MODEL_ARCH) -> None:
    config = model.config
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[arch])
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if getattr(config, "head_dim", None):
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2" if arch != gguf.MODEL_ARCH.LLAMA else "llama-bpe")
    letters = [chr(ord("a") + index) for index in range(26)]
    tokens = ["<|end|>", *letters, "Ġ", "Ġa", "th", "the", *(f"[PAD{index}]" for index in range(9))]
    writer.add_token_list(tokens)
    writer.add_token_types([3] + [1] * 30 + [5] * 9)
    writer.add_token_merges(["Ġ a", "t h", "th e"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    if arch == gguf.MODEL_ARCH.LLAMA:
        writer.add_tensor("rope_freqs.weight", rope_divisors(config))
    for key, parameter in model.state_dict().items():
        if key == "lm_head.weight" and config.tie_word_embeddings:
            continue
        values = parameter.numpy()
        if arch == gguf.MODEL_ARCH.LLAMA and key.endswith("q_proj.weight"):
            values = permuted(values, config.num_attention_heads)
        if arch == gguf.MODEL_ARCH.LLAMA and key.endswith("k_proj.weight"):
            values = permuted(values, config.num_key_value_heads)
        writer.add_tensor(names.get_name(key, try_suffixes=(".weight", ".bias")), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


for seed, name in enumerate(FAMILIES):
    model = make(name, seed)
    folder = HERE / "families" / name
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokens = torch.randint(0, VOCABULARY, (1, TIME))
    with torch.no_grad():
        logits = model(tokens).logits
    rounded = [float(f"{value:.7g}") for value in logits.flatten().tolist()]
    (folder / "reference.json").write_text(json.dumps({"tokens": tokens.tolist(), "logits": rounded}) + "\n")
    if name in AS_GGUF:
        save_gguf(HERE / "gguf" / f"{name}.gguf", model, AS_GGUF[name])
    print(name, sum(p.numel() for p in model.parameters()), model.config.to_dict().get("layer_types"))
