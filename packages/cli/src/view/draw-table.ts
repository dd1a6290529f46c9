import stringWidth from 'string-width';
import { cutLine, widestWidth } from './cut-line.js';

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
    natural: Math.max(widestWidth(column.title), ...rows.map((row) => widestWidth(row[index] ?? ''))),
  }));
  const fixed = (): number =>
    kept.reduce((sum, { flexible, natural }) => sum + gap + (flexible ? Math.min(least, natural) : natural), -gap);
  while (fixed() > width) {
    const extra = Math.max(...kept.map((column) => column.extra ?? 0));
    if (extra === 0) break;
    kept = kept.filter((column) => (column.extra ?? 0) !== extra);
  }

  const fixedWidth = kept.reduce((sum, column) => sum + gap + (column.flexible ? 0 : column.natural), -gap);
  const sizes = shareRoom(
    width - fixedWidth,
    kept.filter((column) => column.flexible),
  );
  const lines = [columns.map(({ title }) => title), ...rows].map((row) =>
    kept.map((column) => {
      const size = sizes.get(column.index) ?? column.natural;
      const text = cutLine(row[column.index] ?? '', size);
      const padding = ' '.repeat(Math.max(0, size - stringWidth(text)));
      return column.right ? padding + text : text + padding;
    }),
  );
  return lines.map((cells) => cutLine(cells.join(' '.repeat(gap)).trimEnd(), width));
}

/** The narrow ones get what they need, and the wide ones share the rest. */
function shareRoom(room: number, columns: readonly { index: number; natural: number }[]): Map<number, number> {
  const sizes = new Map<number, number>();
  let rest = room;
  const narrowFirst = [...columns].sort((one, other) => one.natural - other.natural);
  narrowFirst.forEach(({ index, natural }, place) => {
    const size = Math.max(1, Math.min(natural, Math.floor(rest / (narrowFirst.length - place))));
    sizes.set(index, size);
    rest -= size;
  });
  return sizes;
}
