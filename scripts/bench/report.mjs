// What every bench does with its figures: one table on the terminal, and the same as data for docs/benchmarks.md.
import { appendFileSync } from 'node:fs';

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** A row of a Markdown table. */
export const row = (cells) => `| ${cells.join(' | ')} |`;

/** Whether a figure keeps its target: `most` and `least` are the bounds. */
export const isMet = ({ measured, most = Infinity, least = -Infinity }) => measured <= most && measured >= least;

/** A target in words: what was measured, and what it must be. */
export function targetCells(target) {
  const { what, measured, most, least, unit, digits = 2 } = target;
  const must = most === undefined ? `>= ${least} ${unit}` : `<= ${most} ${unit}`;
  return [what, `${measured.toFixed(digits)} ${unit}`, must, isMet(target) ? '' : '**missed**'];
}

/** The table and its targets, as Markdown. */
export function markdown({ columns, rows, targets }) {
  const lines = [row(columns), row(columns.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(row)];
  if (targets.length === 0) return lines.join('\n');
  return [...lines, '', row(['target', 'measured', 'must', '']), row(['---', '---:', '---:', '---'])]
    .concat(targets.map((target) => row(targetCells(target))))
    .join('\n');
}

/**
 * Prints a table: `title`, a `note` on how it was measured, `columns` and `rows` of text, `targets`, and `bars` for the
 * picture (`label` says what they measure, `values` are [name, number]).
 */
export function report({ title, note = '', columns, rows, targets = [], bars }) {
  const table = { title, note, columns, rows, targets, bars };
  console.log(`\n## ${title}\n\n${note === '' ? '' : `${note}\n\n`}${markdown(table)}`);
  const file = process.env.WHISUL_BENCH_REPORT;
  if (file) appendFileSync(file, `${JSON.stringify(table)}\n`);
}
