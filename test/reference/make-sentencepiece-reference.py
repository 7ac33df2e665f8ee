"""Writes a GGUF file with a SentencePiece vocabulary, and what SentencePiece itself makes of texts.

test/reference/gguf/sentencepiece.gguf holds the tokenizer (trained on data/speeches.jsonl as Llama 2's was: BPE, bytes
for what is no token, digits apart, no normalisation) and no weights; sentencepiece.json texts and tokens.
Run: pip install gguf==0.17.1 sentencepiece==0.2.3, then python3 test/reference/make-sentencepiece-reference.py
"""

import io
import json
import random
from pathlib import Path

import sentencepiece
from gguf import GGUFWriter, TokenType

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VOCABULARY = 700
RANGES = [(0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x6FF), (0x900, 0x97F)]
RANGES += [(0x2000, 0x206F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1F6FF)]
SPACES = [" ", "  ", "\t", "    ", "\n", "\u00a0"]

speeches = (ROOT / "data" / "speeches.jsonl").read_text("utf8").splitlines()
sentences = [
    sentence.strip()
    for speech in speeches[:20]
    for sentence in json.loads(speech)["text"].replace("\n", " ").split(". ")
]


def train() -> sentencepiece.SentencePieceProcessor:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences[:2000]),
        model_writer=model,
        model_type="bpe",
        vocab_size=VOCABULARY,
        byte_fallback=True,
        split_digits=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        num_threads=1,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def token_type(model: sentencepiece.SentencePieceProcessor, token: int) -> TokenType:
    if model.is_unknown(token):
        return TokenType.UNKNOWN
    if model.is_control(token):
        return TokenType.CONTROL
    return TokenType.BYTE if model.is_byte(token) else TokenType.NORMAL


def write_gguf(path: Path, model: sentencepiece.SentencePieceProcessor) -> None:
    tokens = range(model.vocab_size())
    writer = GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([model.id_to_piece(token) for token in tokens])
    writer.add_token_scores([model.get_score(token) for token in tokens])
    writer.add_token_types([token_type(model, token) for token in tokens])
    writer.add_bos_token_id(model.bos_id())
    writer.add_eos_token_id(model.eos_id())
    writer.add_unk_token_id(model.unk_id())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def drawn_lines(count: int) -> list[str]:
    draw = random.Random(7)

    def word() -> str:
        first, last = draw.choice(RANGES)
        return "".join(chr(draw.randint(first, last)) for _ in range(draw.randint(1, 5)))

    return ["".join(word() + draw.choice(SPACES) for _ in range(draw.randint(1, 6))) for _ in range(count)]


model = train()
write_gguf(HERE / "gguf" / "sentencepiece.gguf", model)
prose = [sentence[:120] for sentence in sentences[2000:2150]]
code = [line for line in (HERE / "make-family-reference.py").read_text("utf8").split("\n") if line][:80]
texts = ["", " ", "   ", "\n", "a", " a", "12345.67", *prose, *code, *drawn_lines(150)]
reference = [{"text": text, "tokens": model.encode(text)} for text in texts]
lines = ",\n".join(json.dumps(item, separators=(",", ":")) for item in reference)
(HERE / "gguf" / "sentencepiece.json").write_text(f"[\n{lines}\n]\n")
print(f"{model.vocab_size()} tokens, {len(texts)} texts")
