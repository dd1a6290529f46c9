import { type Interruption, listenForInterruption } from './interruption.js';
import { openTerminal, type Terminal } from '../view/open-terminal.js';
import { exitCodeOf, exitCodes } from './exit-code.js';
import { reportError } from './report-error.js';
import { UsageError } from './usage-error.js';

/** What every command works with. */
export interface CommandContext {
  readonly process: NodeJS.Process;
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** The options that every command has. */
export interface SharedOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Runs a command to its end, reports what it throws, and sets the exit code. */
export async function runCommand(
  process: NodeJS.Process,
  { json = false, verbose = false }: SharedOptions,
  command: (context: CommandContext) => Promise<number>,
): Promise<void> {
  const terminal = openTerminal(process, { json });
  const interruption = listenForInterruption(process);
  try {
    process.exitCode = await command({ process, terminal, interruption, json, verbose });
  } catch (error) {
    terminal.end();
    if (interruption.signal.aborted && error === interruption.signal.reason) {
      if (interruption.exitCode() !== 0) terminal.warn('Stopped. Nothing was sent.');
      process.exitCode = interruption.exitCode();
      return;
    }
    reportError(terminal, error, { verbose });
    process.exitCode = error instanceof UsageError ? exitCodes.usage : exitCodeOf(error);
  } finally {
    interruption.close();
  }
}
