/** The names under which a journal keeps things in its store: its format, and each entry. */
export const formatKey = 'format';
const entryPrefix = 'entry ';

/** Keys are written as JSON, which can tell any two strings apart; UTF-8 cannot, for lone surrogates. */
export const entryKey = (key: string): string => `${entryPrefix}${JSON.stringify(key)}`;
export const allEntries = { gt: entryPrefix, lt: 'entry!' };

export function isJournalKey(key: Buffer): boolean {
  const name = key.toString('latin1');
  return name === formatKey || name.startsWith(entryPrefix);
}
