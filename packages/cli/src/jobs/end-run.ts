import { isWhisulError } from '@whisul-rx/core';
import type { CommandContext } from '../session/command-context.js';
import { exitCodeOf, exitCodeOfAll } from '../session/exit-code.js';
import { reportError } from '../session/report-error.js';
import { jsonLine } from '../view/json-line.js';
import { howToGoOn, type Resumption } from './how-to-go-on.js';
import type { RunOutcome } from './run-jobs.js';

/** Says how a command ended, and how to go on if it was stopped. Gives the exit code. */
export function endRun(outcome: RunOutcome, context: CommandContext, resumption: Resumption): number {
  const { board, fatal, interrupted } = outcome;
  const { terminal, interruption } = context;
  if (context.json) terminal.print(jsonLine({ type: 'summary', ...board.counts, interrupted }));
  const told = isWhisulError(fatal) && [...board.items.values()].some(({ error }) => error?.message === fatal.message);
  if (isWhisulError(fatal, 'submit_limit'))
    terminal.warn('The limit of --max-submits is reached: no more is paid for.');
  else if (fatal !== undefined && !told) reportError(terminal, fatal, context);
  if (interrupted && interruption.exitCode() !== 0) terminal.warn('Stopped.');
  const stopped = interrupted || fatal !== undefined || board.counts.unsaved > 0;
  if (stopped) for (const line of howToGoOn(board, context, resumption)) terminal.warn(line);
  if (interrupted) return interruption.exitCode();
  return fatal === undefined ? exitCodeOfAll(board.failures) : exitCodeOf(fatal);
}
