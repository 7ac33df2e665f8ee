"""Writes models/tiny-llama/tokenizer.json: byte-level BPE of 512 tokens, learned from data/speeches.jsonl.

Run: pip install tokenizers==0.23.3, then python3 scripts/train-tokenizer.py
"""

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

ROOT = Path(__file__).resolve().parent.parent
VOCABULARY = 512
END_OF_TEXT = "<|endoftext|>"

lines = (ROOT / "data" / "speeches.jsonl").read_text(encoding="utf8").splitlines()
texts = [json.loads(line)["text"] for line in lines]

tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
tokenizer.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(
    vocab_size=VOCABULARY,
    special_tokens=[END_OF_TEXT],
    initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    show_progress=False,
)
tokenizer.train_from_iterator(texts, trainer)

target = ROOT / "models" / "tiny-llama" / "tokenizer.json"
target.parent.mkdir(parents=True, exist_ok=True)
tokenizer.save(str(target))
tokens = sum(len(tokenizer.encode(text).ids) for text in texts)
print(f"{tokenizer.get_vocab_size()} tokens in the vocabulary, {tokens} in the speeches")
