"""Writes the Parquet files of test/reference/parquet with pyarrow: pip install pyarrow==26.0.1

python3 test/reference/make-parquet-reference.py
"""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(__file__).parent / "parquet"
folder.mkdir(exist_ok=True)

texts = [f"Row {index}: my fellow citizens, déjà vu, 𝕏 and {'again ' * (index % 7)}." for index in range(50)]
table = pa.table(
    {
        "id": pa.array(range(50), pa.int64()),
        "text": pa.array([None if index == 13 else text for index, text in enumerate(texts)]),
        "score": pa.array([index / 4 for index in range(50)], pa.float64()),
    }
)
for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
    # Three row groups, the last shorter.
    pq.write_table(table, folder / f"{codec}.parquet", compression=codec, row_group_size=20)
pq.write_table(table, folder / "plain-pages-v2.parquet", use_dictionary=False, data_page_version="2.0")

conversations = [
    [
        {"role": "user", "content": f"What is {index} and {index}?"},
        {"role": "assistant", "content": f"It is {2 * index}."},
    ]
    for index in range(6)
]
pq.write_table(pa.table({"messages": conversations}), folder / "messages.parquet")

# Questions with a struct of lists and one with an index of 64 bits, as the hub holds them.
questions = Path(__file__).parent / "lm-eval" / "data"
for name in ["arc_easy", "piqa"]:
    lines = (questions / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line]
    pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
