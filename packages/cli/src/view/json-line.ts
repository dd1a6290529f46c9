/**
 * A value as JSON in one line. What could move the cursor, turn the direction of writing or end a line somewhere is
 * written as an escape, which every reader of JSON understands.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(/(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
