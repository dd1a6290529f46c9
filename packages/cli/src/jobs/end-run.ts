import { isTerminal, isWhisulError } from '@whisul-rx/core';
import type { CommandContext } from '../session/command-context.js';
import { exitCodeOf, exitCodeOfAll } from '../session/exit-code.js';
import { quoteCommand } from '../session/quote-command.js';
import { reportError } from '../session/report-error.js';
import { showPath } from '../view/show-path.js';
import type { RunOutcome } from './run-jobs.js';

/** How a command can go on after it was stopped. */
export interface Resumption {
  readonly emulated: boolean;
  readonly out?: string | undefined;
  /** The command itself goes on where it was. */
  readonly again?: boolean;
}

/** The words of this command, as they were typed. */
function typedCommand({ argv }: Pick<NodeJS.Process, 'argv'>): string {
  return quoteCommand(['whisul-rx', ...argv.slice(2)]);
}

/** Says how a command ended, and how to go on if it was stopped. Gives the exit code. */
export function endRun(outcome: RunOutcome, context: CommandContext, resumption: Resumption): number {
  const { board, fatal, interrupted } = outcome;
  const { terminal, interruption } = context;
  if (context.json) terminal.print(JSON.stringify({ type: 'summary', ...board.counts, interrupted }));
  const told = isWhisulError(fatal) && [...board.items.values()].some(({ error }) => error?.message === fatal.message);
  if (isWhisulError(fatal, 'submit_limit'))
    terminal.warn('The limit of --max-submits is reached: no more is paid for.');
  else if (fatal !== undefined && !told) reportError(terminal, fatal, context);
  if (interrupted || fatal !== undefined) sayHowToGoOn(outcome, context, resumption);
  if (interrupted) return interruption.exitCode();
  return fatal === undefined ? exitCodeOfAll(board.failures) : exitCodeOf(fatal);
}

function sayHowToGoOn(
  { board, interrupted }: RunOutcome,
  { terminal, interruption, process }: CommandContext,
  resumption: Resumption,
): void {
  const items = [...board.items.values()];
  const going = items.flatMap(({ job, error }) => (job && !isTerminal(job) && !error ? [job.job_id] : []));
  if (interrupted && interruption.exitCode() !== 0) terminal.warn('Stopped.');
  if (resumption.again === true) {
    terminal.warn(`To go on, run the same command again. Nothing is paid twice.\n  ${typedCommand(process)}`);
  } else if (going.length > 0 && !resumption.emulated) {
    const out = resumption.out === undefined ? [] : ['--out', showPath(resumption.out) || '.'];
    const which = going.length === 1 ? 'one song' : `${going.length} songs`;
    terminal.warn(
      `Whisul goes on making ${which}. To follow:\n  ${quoteCommand(['whisul-rx', 'watch', ...going, ...out])}`,
    );
  }
}
