import type { Happening } from '../jobs/happening.js';
import { describeError, describeState, jobDetails, statusColours } from './describe-job.js';
import { showPath } from './show-path.js';
import { formatTime } from './format-time.js';
import type { Terminal } from './open-terminal.js';
import type { Shown, View } from './view.js';

/** Ms between two lines about the same wait. */
const waitsApart = 10_000;

/** A line for each thing that happens: for files, pipes, logs and CI. */
export function createLineView(terminal: Terminal, { now, total, batch }: Shown): View {
  const { paint } = terminal;
  const began = now();
  const width = String(total).length;
  let waiting: { text: string; at: number } | undefined;

  const line = (index: number, status: keyof typeof statusColours, text: string): void => {
    const time = formatTime(now() - began).padStart(8);
    const number = String(index + 1).padStart(width);
    terminal.print(`${paint.dim(time)}  ${number}  ${paint[statusColours[status]](status.padEnd(9))}  ${text}`);
  };
  return {
    show: (happening) => {
      showLine(happening, line);
      if (happening.type === 'state' && happening.job.status === 'completed' && !batch) {
        for (const detail of jobDetails(happening.job, { paint, columns: () => Infinity }).slice(1))
          terminal.print(`         ${detail}`);
      }
    },
    note: (text) => terminal.warn(text),
    wait: (reason) => {
      if (reason === undefined) return;
      if (waiting?.text === reason.text && now() - waiting.at < waitsApart) return;
      waiting = { text: reason.text, at: now() };
      terminal.warn(`${reason.text} Next try in ${formatTime(reason.until - now())}.`);
    },
    end: () => undefined,
  };
}

function showLine(
  happening: Happening,
  line: (index: number, status: keyof typeof statusColours, text: string) => void,
): void {
  const { index } = happening;
  switch (happening.type) {
    case 'state':
      line(index, happening.job.status, describeState(happening.job));
      return;
    case 'problem':
      line(index, 'problem', describeError(happening.error));
      return;
    case 'unsaved':
      line(index, 'unsaved', describeError(happening.error));
      return;
    case 'saved':
      for (const { path } of happening.files) line(index, 'saved', showPath(path));
      return;
    case 'saving':
      return;
    default:
      happening satisfies never;
  }
}
