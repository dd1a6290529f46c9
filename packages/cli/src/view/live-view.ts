import { interval } from 'rxjs';
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
    const lines = [...(batch ? batchLines(terminal, shown) : []), ...activeLines(terminal, shown, tick)];
    if (waiting !== undefined) {
      const rest = Math.max(0, waiting.until - now());
      lines.push(paint.yellow(`${waiting.text} Next try in ${formatTime(rest)}.`));
    }
    terminal.draw([...lines, ...notes.map((note) => paint.bold(note))]);
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

function batchLines(terminal: Terminal, { board, total, eta }: Shown): string[] {
  const { paint } = terminal;
  const { made, failed, problems, unsaved } = board.counts;
  const active = board.active.length;
  const ended = board.items.size - active;
  const fraction = total === 0 ? 1 : ended / total;
  const bar = drawBar(fraction, Math.max(8, Math.min(40, terminal.columns() - 34)), paint);
  const rest = eta?.();
  const guess = rest === undefined || rest === null ? '' : `  ${formatGuess(rest)} left`;
  const counts = [
    paint.green(`${made} made`),
    failed > 0 && paint.red(`${failed} failed`),
    problems > 0 && paint.red(`${problems} without an outcome`),
    unsaved > 0 && paint.red(`${unsaved} not saved`),
    `${active} under way`,
  ].filter((part) => part !== false);
  return [`${bar} ${percent(fraction)}  ${ended}/${total}${guess}`, counts.join(paint.dim(' · ')), ''];
}

function activeLines(terminal: Terminal, shown: Shown, tick: number): string[] {
  const { active } = shown.board;
  const room = Math.max(1, terminal.rows() - 8);
  const lines = active.slice(0, room).map((item) => activeLine(terminal, shown, item, tick));
  return active.length > room ? [...lines, terminal.paint.dim(`  and ${active.length - room} more`)] : lines;
}

function activeLine({ paint, columns }: Terminal, shown: Shown, item: BoardItem, tick: number): string {
  const { board, now } = shown;
  const narrow = columns() < 60;
  const width = narrow ? 8 : 16;
  const mark = paint.dim(spinner[tick % spinner.length] ?? '');
  const { saving, job } = item;
  if (saving !== undefined) {
    const { received, total, file } = saving;
    const share = total === null ? 0 : received / total;
    const title = job?.status === 'completed' ? job.result.title : shown.label(item.index);
    const size = `${(received / 1_048_576).toFixed(1)} MB`.padStart(8);
    return `${mark} ${paint.dim(size)} ${drawBar(share, width, paint)} ${narrow ? '' : `saving ${file}`.padEnd(13)}${cleanText(title)}`;
  }
  const elapsed = now() - item.since;
  const guess = guessFraction(elapsed, board.expected(shown.expected));
  const status = job?.status === 'running' ? (job.reported_status ?? 'running') : (job?.status ?? 'waiting');
  const time = formatTime(elapsed).padStart(8);
  const state = narrow ? '' : `${cleanText(status).padEnd(9)} `;
  return `${mark} ${paint.dim(time)} ${drawBar(guess, width, paint)} ${state}${cleanText(job?.prompt || shown.label(item.index))}`;
}
