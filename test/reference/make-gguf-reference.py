"""Writes tensors of every GGUF type that can be read, and what the gguf package makes of them.

test/reference/gguf/types.gguf holds the tensors, types.safetensors the single-precision numbers.
Run: pip install gguf==0.17.1, then python3 test/reference/make-gguf-reference.py
"""

import json
import struct
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter
from gguf.quants import dequantize, quantize

HERE = Path(__file__).resolve().parent / "gguf"
TYPES = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q5_K", "Q6_K"]
# Where a block of the types that the package cannot make holds halves: scale, and scale of minima.
HALVES = {"Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}
ROWS, COLUMNS = 2, 512

random = np.random.default_rng(7)


def random_blocks(name: str, kind: GGMLQuantizationType) -> np.ndarray:
    values, size = GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (ROWS * COLUMNS // values, size), dtype=np.uint8)
    for place in HALVES[name]:
        scales = random.normal(0, 0.02, len(blocks)).astype(np.float16)
        blocks[:, place : place + 2] = scales.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(ROWS, -1)


def save_safetensors(path: Path, tensors: dict[str, np.ndarray]) -> None:
    header, data = {}, b""
    for name, tensor in tensors.items():
        start = len(data)
        data += tensor.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, len(data)]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


HERE.mkdir(exist_ok=True)
writer = GGUFWriter(HERE / "types.gguf", "llama")
writer.add_string("text", "größer")
writer.add_array("numbers", [1, 2, 3])
writer.add_array("words", ["a", "b c"])
writer.add_bool("yes", True)
writer.add_int32("negative", -5)
writer.add_uint64("large", 2**40)
writer.add_float32("real", 0.5)
expected = {}
for name in TYPES:
    kind = GGMLQuantizationType[name]
    if name in HALVES:
        stored = random_blocks(name, kind)
    else:
        stored = quantize(random.normal(0, 1, (ROWS, COLUMNS)).astype(np.float32), kind)
    writer.add_tensor(name, stored, raw_dtype=kind)
    expected[name] = dequantize(stored, kind).reshape(ROWS, COLUMNS)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
save_safetensors(HERE / "types.safetensors", expected)
