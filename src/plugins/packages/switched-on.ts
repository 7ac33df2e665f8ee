/** Whether an environment variable switches something on, by the words that Hugging Face's Python library takes. */
export function isSwitchedOn(value: string | undefined): boolean {
  return /^(1|on|true|yes)$/i.test(value ?? '');
}
