import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
  /** Where there is too little room, columns go in this order, the highest first; 0 stays. */
  readonly extra?: number;
  /** This column is cut where there is too little room, and the others keep their width. */
  readonly flexible?: boolean;
}

const gap = 2;
/** A flexible column that is narrower says nothing. */
const least = 12;

/** Rows as aligned lines that are no wider than `width`; the first line has the titles. */
export function drawTable(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  let kept = columns.map((column, index) => ({
    ...column,
    index,
    natural: Math.max(stringWidth(column.title), ...rows.map((row) => stringWidth(row[index] ?? ''))),
  }));
  const fixed = (): number =>
    kept.reduce((sum, { flexible, natural }) => sum + gap + (flexible ? Math.min(least, natural) : natural), -gap);
  while (fixed() > width) {
    const extra = Math.max(...kept.map((column) => column.extra ?? 0));
    if (extra === 0) break;
    kept = kept.filter((column) => (column.extra ?? 0) !== extra);
  }

  const flexible = kept.filter((column) => column.flexible);
  const rest = width - kept.filter((column) => !column.flexible).reduce((sum, { natural }) => sum + natural, 0);
  const room = Math.floor((rest - gap * (kept.length - 1)) / Math.max(1, flexible.length));
  const lines = [columns.map(({ title }) => title), ...rows].map((row) =>
    kept.map((column) => {
      const size = column.flexible ? Math.min(column.natural, Math.max(1, room)) : column.natural;
      const text = cliTruncate(row[column.index] ?? '', size);
      const padding = ' '.repeat(Math.max(0, size - stringWidth(text)));
      return column.right ? padding + text : text + padding;
    }),
  );
  return lines.map((cells) => cliTruncate(cells.join(' '.repeat(gap)).trimEnd(), width));
}
