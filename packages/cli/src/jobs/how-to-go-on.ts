import { isTerminal } from '@whisul-rx/core';
import type { CommandContext } from '../session/command-context.js';
import { quoteCommand } from '../session/quote-command.js';
import { showPath } from '../view/show-path.js';
import type { Board } from './board.js';

/** How a command can go on after it was stopped. */
export interface Resumption {
  /** Its jobs end with the command. */
  readonly emulated: boolean;
  readonly out?: string | undefined;
  /** The command itself goes on where it was. */
  readonly again?: boolean;
}

/** The words of this command, as they were typed. */
function typedCommand({ argv }: Pick<NodeJS.Process, 'argv'>): string {
  return quoteCommand(['whisul-rx', ...argv.slice(2)]);
}

/** What to type to get the songs that a command did not wait for, or could not save. Nothing if there are none. */
export function howToGoOn(
  board: Board,
  { process }: Pick<CommandContext, 'process'>,
  { emulated, again = false, out }: Resumption,
): string[] {
  if (again) return ['To go on, run the same command again. Nothing is paid twice.', `  ${typedCommand(process)}`];
  if (emulated) return [];
  const items = [...board.items.values()];
  const going = items.flatMap(({ job, error }) => (job && !isTerminal(job) && !error ? [job.job_id] : []));
  const unsaved = items.flatMap(({ job, files }) =>
    out !== undefined && job?.status === 'completed' && files === undefined ? [job.job_id] : [],
  );
  const ids = [...going, ...unsaved];
  if (ids.length === 0) return [];
  const songs = (count: number): string => (count === 1 ? 'one song' : `${count} songs`);
  const what = [
    going.length > 0 && `Whisul goes on making ${songs(going.length)}.`,
    unsaved.length > 0 && `${unsaved.length === 1 ? 'One song is' : `${unsaved.length} songs are`} made and not saved.`,
    going.length > 0 ? 'To follow:' : 'To save without paying again:',
  ].filter((part) => part !== false);
  const folder = out === undefined ? [] : ['--out', showPath(out) || '.'];
  return [what.join(' '), `  ${quoteCommand(['whisul-rx', 'watch', ...ids, ...folder])}`];
}
