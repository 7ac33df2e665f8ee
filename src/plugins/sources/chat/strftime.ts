/** What each directive of Python's strftime writes, in English and UTC. */
const directives: Readonly<Record<string, (date: Date) => string>> = {
  a: named({ weekday: 'short' }),
  A: named({ weekday: 'long' }),
  b: named({ month: 'short' }),
  B: named({ month: 'long' }),
  d: (date) => twoDigits(date.getUTCDate()),
  H: (date) => twoDigits(date.getUTCHours()),
  m: (date) => twoDigits(date.getUTCMonth() + 1),
  M: (date) => twoDigits(date.getUTCMinutes()),
  S: (date) => twoDigits(date.getUTCSeconds()),
  y: (date) => twoDigits(date.getUTCFullYear() % 100),
  Y: (date) => String(date.getUTCFullYear()),
  '%': () => '%',
};

/**
 * A date in the manner of Python's strftime in the C locale; "-" after a per cent sign leaves out a leading zero.
 * Throws where a directive is not known, for a date that differs from the model's own is worse than none.
 */
export function strftime(date: Date, format: string): string {
  return format.replaceAll(/%(-?)(.?)/gs, (text, flag: string, letter: string) => {
    const write = directives[letter];
    if (write === undefined) {
      const known = Object.keys(directives).map((name) => `%${name}`);
      throw new Error(`strftime_now does not know "${text}", but ${known.join(', ')}`);
    }
    return flag === '' ? write(date) : write(date).replace(/^0(?=\d)/, '');
  });
}

function named(part: Intl.DateTimeFormatOptions): (date: Date) => string {
  const format = new Intl.DateTimeFormat('en-US', { ...part, timeZone: 'UTC' });
  return (date) => format.format(date);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
