/** Names of people: the keys of pairs in words. */
export const recallNames: readonly string[] = words(
  'Alice Henry Maria Peter Laura James Sophie Daniel Emma Oscar Julia Martin Anna Victor Clara Simon Helen Robert ' +
    'Nora Thomas Grace Walter Lucy Edward',
);

/** What a value begins with. */
export const recallAdjectives: readonly string[] = words(
  'green silver broken quiet heavy purple wooden frozen empty bright hollow golden narrow gentle sharp distant ' +
    'striped rusty velvet crooked',
);

/** What a value ends with. */
export const recallNouns: readonly string[] = words(
  'river lantern garden hammer window castle basket mirror candle bridge ladder feather anchor blanket kettle ' +
    'compass pillow barrel saddle violin',
);

function words(text: string): readonly string[] {
  return text.split(' ');
}
