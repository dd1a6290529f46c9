/**
 * A command as a shell reads it. Control characters and marks that turn the direction of writing are written as escapes,
 * which bash and zsh read: a prompt or an id must not move the cursor where the command is shown.
 */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // Joiners, which words of many languages and emoji have, are harmless.
  if (!/(?![\u200c\u200d])\p{C}/u.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  const escaped = word
    .replace(/[\\']/g, '\\$&')
    .replace(/(?![\u200c\u200d])\p{C}/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
    );
  return `$'${escaped}'`;
}
