import { Template } from '@huggingface/jinja';
import type { JsonObject } from '../../../base/json.js';
import { reasonOf } from '../../../base/reason.js';
import type { ChatTemplate } from '../../../model/chat-template.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import type { Piece } from '../source.js';
import { strftime } from './strftime.js';

/** What one speaker says; other keys reach the template too. */
export interface ChatMessage extends JsonObject {
  readonly role: string;
  readonly content: string;
}

/**
 * The library's own function gives the time of the run, in the language of the machine, and only a template itself can
 * replace it. The line leaves nothing in the text.
 */
const dated = '{% set strftime_now = strftime_today %}\n';

/** Writes conversations by a model's chat template, and tells what the assistant says from the rest. */
export class ChatWriter {
  readonly #template: Template;

  /** `today` is what the template learns of the time. Throws a `ModelFileError` where it cannot be understood. */
  constructor(
    private readonly chat: ChatTemplate,
    private readonly today: Date,
  ) {
    try {
      this.#template = new Template(dated + chat.text);
    } catch (cause) {
      throw new ModelFileError(
        chat.file,
        `the chat template cannot be understood (${reasonOf(cause)}). Fetch the tokenizer again, or correct it.`,
        { cause },
      );
    }
  }

  /**
   * A conversation in pieces. What the assistant says begins after what the template writes to ask for it, as when text
   * is generated, and includes the tokens that end it. Throws a `ModelFileError` that names `place`.
   */
  write(messages: readonly ChatMessage[], place: string): readonly Piece[] {
    const pieces: Piece[] = [];
    let before = '';
    const add = (text: string, scored: boolean): void => {
      if (!text.startsWith(before)) throw rewritten(place);
      if (text.length > before.length) pieces.push({ text: text.slice(before.length), scored });
      before = text;
    };
    messages.forEach(({ role }, index) => {
      if (role !== 'assistant') return;
      add(this.#render(messages.slice(0, index), true, place), false);
      add(this.#render(messages.slice(0, index + 1), false, place), true);
    });
    if (messages.at(-1)?.role !== 'assistant') add(this.#render(messages, false, place), false);
    return pieces;
  }

  /** A conversation as one piece, all of it learnt. Throws a `ModelFileError` that names `place`. */
  writeWhole(messages: readonly ChatMessage[], place: string): readonly Piece[] {
    return [{ text: this.#render(messages, false, place), scored: true }];
  }

  #render(messages: readonly ChatMessage[], asksForAnswer: boolean, place: string): string {
    try {
      return this.#template.render({
        ...this.chat.tokens,
        messages,
        // Known to templates, and none: many ask "is not none" without asking whether they are defined.
        tools: null,
        documents: null,
        add_generation_prompt: asksForAnswer,
        strftime_today: (format: string) => strftime(this.today, format),
      });
    } catch (cause) {
      throw new ModelFileError(
        place,
        `the chat template refuses this conversation (${reasonOf(cause)}). Correct or remove it.`,
        { cause },
      );
    }
  }
}

function rewritten(place: string): ModelFileError {
  return new ModelFileError(
    place,
    'the chat template writes the turns before an answer otherwise once the answer is there, so its tokens cannot be ' +
      'told from the prompt. Give each answer a conversation of its own that ends with it, or set "mask_prompt" to false.',
  );
}
