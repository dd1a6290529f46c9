import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Columns that a character needs at most: some terminals draw each part of a joined emoji by itself. */
function widthOf(grapheme: string): number {
  const parts = Array.from(grapheme, (character) => stringWidth(character));
  return Math.max(
    stringWidth(grapheme),
    parts.reduce((sum, width) => sum + width, 0),
  );
}

/** Columns that plain text needs at most, on whichever terminal. */
export function widestWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment);
  return width;
}

/** Plain text in one line of at most `width` columns, cut with an ellipsis. A wide character is never halved. */
export function cutLine(text: string, width: number): string {
  let used = 0;
  /** Where the text can be cut so that the ellipsis has room. */
  let end = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += widthOf(segment);
    if (used > width) return width < 1 ? '' : `${text.slice(0, end)}…`;
    if (used < width) end = index + segment.length;
  }
  return text;
}
