import type { Board, BoardItem } from '../jobs/board.js';
import type { BatchItem } from '../jobs/read-prompts.js';
import { cleanText } from './clean-text.js';
import { describeError } from './describe-job.js';
import { drawTable } from './draw-table.js';
import { showPath } from './show-path.js';
import { formatClock } from './format-time.js';
import type { Terminal } from './open-terminal.js';

/** Rows that a terminal can be asked to show. */
const most = 50;

/** What became of a batch: a table of its items, and the sum of it. */
export function batchReport(
  board: Board,
  { terminal, items, out }: { terminal: Terminal; items: readonly BatchItem[]; out: string | undefined },
): string[] {
  const all = [...board.items.values()].sort((one, other) => one.index - other.index);
  // What is in a long list is not read: there only what went wrong is worth a row.
  const listed = all.length <= most ? all : all.filter(({ job, error }) => error || job?.status !== 'completed');
  const rows = listed.slice(0, most).map((item) => row(item, items[item.index]?.prompt ?? ''));
  const columns = [
    { title: '#', right: true },
    { title: 'outcome' },
    { title: 'song', flexible: true },
    { title: 'bpm', right: true, extra: 2 },
    { title: 'length', right: true, extra: 1 },
    { title: 'prompt', flexible: true, extra: 3 },
  ];
  const table = rows.length === 0 ? [] : drawTable(columns, rows, terminal.columns() - 1);
  const [head = '', ...body] = table;
  const rest = listed.length - rows.length;
  return [
    '',
    ...(table.length > 0 ? [terminal.paint.bold(head), ...body] : []),
    ...(rest > 0 ? [`… and ${rest} more`] : []),
    ...(table.length > 0 ? [''] : []),
    ...summary(board, items.length, out),
  ];
}

function row({ index, job, error, files }: BoardItem, prompt: string): string[] {
  const number = String(index + 1);
  if (job?.status === 'completed') {
    const { title, bpm, duration } = job.result;
    const outcome = error ? 'not saved' : files ? 'saved' : 'made';
    return [number, outcome, cleanText(title), String(bpm), formatClock(duration), cleanText(prompt)];
  }
  if (error) return [number, 'problem', describeError(error), '', '', cleanText(prompt)];
  if (job?.status === 'failed') return [number, 'failed', cleanText(job.error), '', '', cleanText(prompt)];
  return [number, job?.status ?? 'not sent', `job ${cleanText(job?.job_id ?? '')}`, '', '', cleanText(prompt)];
}

function summary(board: Board, total: number, out: string | undefined): string[] {
  const { made, failed, problems, unsaved } = board.counts;
  const left = total - made - failed - problems;
  const parts = [
    `${made} ${made === 1 ? 'song' : 'songs'} made`,
    failed > 0 && `${failed} failed`,
    problems > 0 && `${problems} without an outcome`,
    left > 0 && `${left} not finished`,
  ].filter((part) => part !== false);
  const files = [...board.items.values()].flatMap((item) => item.files ?? []);
  const saved = files.length > 0 && out !== undefined ? [`Songs and covers are in ${showPath(out)}`] : [];
  const missing = unsaved > 0 ? [`${unsaved} could not be saved. To save again costs nothing.`] : [];
  return [`${parts.join(', ')}.`, ...saved, ...missing];
}
