import { interval } from 'rxjs';
import stringWidth from 'string-width';
import type { BoardItem } from '../jobs/board.js';
import { cleanText } from './clean-text.js';
import { cutLine } from './cut-line.js';
import { describeError, describeState, jobDetails } from './describe-job.js';
import { drawBar, guessFraction, percent } from './draw-bar.js';
import { showPath } from './show-path.js';
import { formatGuess, formatTime } from './format-time.js';
import type { Terminal } from './open-terminal.js';
import { wrapWords } from './wrap-words.js';
import type { Shown, View } from './view.js';

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
/** Ms between two pictures. */
const frame = 100;

/** Bars and live lines that are drawn again and again, below the lines that stay. */
export function createLiveView(terminal: Terminal, shown: Shown): View {
  const { paint } = terminal;
  const { now, batch } = shown;
  let waiting: { text: string; until: number } | undefined;
  let notes: string[] = [];
  let tick = 0;

  const draw = (): void => {
    const width = terminal.columns() - 2;
    const head = batch ? batchLines(terminal, shown) : [];
    const foot = notes.flatMap((note) => wrapWords(note, width).map((line) => paint.bold(line)));
    if (waiting !== undefined) {
      const rest = formatTime(Math.max(0, waiting.until - now()));
      foot.unshift(...wrapWords(`${waiting.text} Next try in ${rest}.`, width).map((line) => paint.yellow(line)));
    }
    // Two more lines: for what there is no room for, and for the cursor.
    const room = Math.max(1, terminal.rows() - head.length - foot.length - 2);
    terminal.draw([...head, ...activeLines(terminal, shown, { tick, room }), ...foot]);
  };
  const clock = interval(frame).subscribe(() => {
    tick += 1;
    draw();
  });
  const stay = (item: BoardItem, lines: readonly string[]): void => {
    const number = shown.total > 1 ? paint.dim(`${item.index + 1} `) : '';
    lines.forEach((line, index) => {
      terminal.print(index === 0 ? number + line : line);
    });
  };
  const stayFailed = (item: BoardItem, reason: string): void => {
    const width = terminal.columns() - 1;
    const what = cutLine(cleanText(item.job?.prompt || shown.label(item.index)), width - 8);
    stay(item, [`${paint.red('✖')} ${paint.bold(what)}`, ...wrapWords(reason, width - 4).map((line) => `    ${line}`)]);
  };

  return {
    show: (happening, item) => {
      draw();
      const { type } = happening;
      if (type === 'problem' || type === 'unsaved') {
        stayFailed(item, describeError(happening.error));
      } else if (type === 'saved' && !batch) {
        for (const { path } of happening.files) terminal.print(`${paint.green('↓')} ${showPath(path)}`);
      } else if (type === 'state' && happening.job.status === 'failed') {
        stayFailed(item, describeState(happening.job));
      } else if (type === 'state' && happening.job.status === 'completed' && !batch) {
        stay(item, jobDetails(happening.job, terminal));
      }
    },
    note: (text) => {
      notes = [...notes, text];
      draw();
    },
    wait: (reason) => {
      waiting = reason;
    },
    end: () => {
      clock.unsubscribe();
      terminal.end();
    },
  };
}

/** Where there are fewer columns, the words need them all. */
const leastForBars = 40;

function batchLines({ paint, columns }: Terminal, { board, total, eta }: Shown): string[] {
  const { made, failed, problems, unsaved } = board.counts;
  const active = board.active.length;
  const ended = board.items.size - active;
  const fraction = total === 0 ? 1 : ended / total;
  const width = Math.max(8, Math.min(40, columns() - 34));
  const bar = columns() < leastForBars ? '' : `${drawBar(fraction, width, paint)} `;
  const rest = eta?.();
  const guess = rest === undefined || rest === null ? '' : `  ${formatGuess(rest)} left`;
  const counts = [
    paint.green(`${made} made`),
    failed > 0 && paint.red(`${failed} failed`),
    problems > 0 && paint.red(`${problems} without an outcome`),
    unsaved > 0 && paint.red(`${unsaved} not saved`),
    `${active} under way`,
  ].filter((part) => part !== false);
  return [`${bar}${percent(fraction)}  ${ended}/${total}${guess}`, counts.join(paint.dim(' · ')), ''];
}

function activeLines(terminal: Terminal, shown: Shown, { tick, room }: { tick: number; room: number }): string[] {
  const { active } = shown.board;
  const lines = active.slice(0, room).map((item) => activeLine(terminal, shown, item, tick));
  return active.length > room ? [...lines, terminal.paint.dim(`  and ${active.length - room} more`)] : lines;
}

function activeLine({ paint, columns }: Terminal, shown: Shown, item: BoardItem, tick: number): string {
  const { board, now } = shown;
  const narrow = columns() < 60;
  const bars = columns() >= leastForBars;
  /** Cut by what it may need on this terminal: a line that is broken would be drawn again and again. */
  const line = (amount: string, fraction: number, state: string, label: string): string => {
    const mark = spinner[tick % spinner.length] ?? '';
    const bar = bars ? `${drawBar(fraction, narrow ? 8 : 16, paint)} ` : '';
    const begin = `${paint.dim(`${mark} ${amount.padStart(bars ? 8 : 6)}`)} ${bar}${narrow ? '' : state}`;
    return begin + cutLine(cleanText(label), columns() - 2 - stringWidth(begin));
  };
  const { saving, job } = item;
  if (saving !== undefined) {
    const { received, total, file } = saving;
    const title = job?.status === 'completed' ? job.result.title : shown.label(item.index);
    const size = `${(received / 1_048_576).toFixed(1)} MB`;
    return line(size, total === null ? 0 : received / total, `saving ${file}`.padEnd(13), title);
  }
  const elapsed = now() - item.since;
  const guess = guessFraction(elapsed, board.expected(shown.expected));
  const status = job?.status === 'running' ? (job.reported_status ?? 'running') : (job?.status ?? 'waiting');
  return line(formatTime(elapsed), guess, `${cleanText(status).padEnd(9)} `, job?.prompt || shown.label(item.index));
}
