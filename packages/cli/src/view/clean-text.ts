/**
 * Text from outside as one line that a terminal can show: titles, prompts and messages may hold anything, also
 * sequences that move the cursor or turn the direction of writing.
 */
export function cleanText(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/(?![\u200c\u200d])\p{C}/gu, '')
    .trim();
}
