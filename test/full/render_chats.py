"""Renders conversations with transformers and prints, as JSON, what the chat templates of tokenizers make of them.

Standard input: {"folders": {name: path}, "chats": [[{"role": text, "content": text}, ...], ...]}. For each folder and chat
two texts are printed, without and with the words that ask for an answer; null where the template refuses.
"""

import json
import sys

from jinja2.exceptions import TemplateError
from transformers import PreTrainedTokenizerFast


def rendered(tokenizer, chat, asks):
    try:
        return tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=asks)
    except TemplateError:
        return None


def main():
    task = json.load(sys.stdin)
    found = {}
    for name, folder in task["folders"].items():
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        found[name] = [[rendered(tokenizer, chat, asks) for asks in (False, True)] for chat in task["chats"]]
    json.dump(found, sys.stdout)


main()
