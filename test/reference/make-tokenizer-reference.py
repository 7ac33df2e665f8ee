"""Writes test/reference/tokenizer.json: what the Python package makes of a few texts with the shipped tokenizer.

Run: pip install tokenizers==0.23.3, then python3 test/reference/make-tokenizer-reference.py
"""

import json
from pathlib import Path

from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
TEXTS = [
    "Mr. Speaker, Mr. President, distinguished Members of the Congress:",
    "  two  spaces, a\ttab and\n\na blank line ",
    "naïve café, 東京, \U0001f5fd and \u2014 a dash",
    "1,000,000 dollars; 3.5%; it's we're they'll",
    "supercalifragilisticexpialidocious",
]

tokenizer = Tokenizer.from_file(str(HERE.parent.parent / "models" / "tiny-llama" / "tokenizer.json"))
reference = [{"text": text, "tokens": tokenizer.encode(text).ids} for text in TEXTS]
(HERE / "tokenizer.json").write_text(json.dumps(reference, indent=1) + "\n")
