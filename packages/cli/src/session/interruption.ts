import { constants } from 'node:os';
import { exitCodes } from './exit-code.js';

/** The user, or the system, wants the command to end. */
export interface Interruption {
  /** Aborts the first time. */
  readonly signal: AbortSignal;
  /** Resolves the first time. */
  readonly aborted: Promise<void>;
  /** The exit code that goes with it; 0 when the reader of the output has seen enough. */
  exitCode(): number;
  /** What to do before the process ends at once, the second time. */
  onSecond(tidy: () => void): void;
  /** Listens no more. */
  close(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ms in which a second signal is an echo: npx hands on the Ctrl-C that the terminal has already sent to its children. */
const echo = 250;

/** Listens for Ctrl-C, for the signals that end a program, and for an output that cannot be written. */
export function listenForInterruption(process: NodeJS.Process): Interruption {
  const controller = new AbortController();
  let exitCode = 0;
  let tidy: () => void = () => undefined;
  let first = 0;
  const interrupt = (name: (typeof signals)[number]): void => {
    const code = 128 + constants.signals[name];
    if (!controller.signal.aborted) {
      first = performance.now();
      exitCode = code;
      controller.abort();
      return;
    }
    // A terminal that is closed hangs up twice, once by itself and once through its shell: nobody is in a hurry.
    if (name === 'SIGHUP' || performance.now() - first < echo) return;
    tidy();
    process.exit(code);
  };
  const listeners = signals.map((name) => ({ name, listener: () => interrupt(name) }));
  // A reader that has seen enough (`| head -1`) is no failure; a terminal that is gone is one that hung up.
  const onError = (error: NodeJS.ErrnoException): void => {
    if (controller.signal.aborted) return;
    if (error.code === 'EPIPE') exitCode = 0;
    else if (error.code === 'EIO') exitCode = 128 + constants.signals.SIGHUP;
    else {
      exitCode = exitCodes.output;
      process.stderr.write(`Error: The output cannot be written (${error.message}).\n`);
    }
    controller.abort();
  };
  for (const { name, listener } of listeners) process.on(name, listener);
  process.stdout.on('error', onError);
  process.stderr.on('error', onError);
  return {
    signal: controller.signal,
    aborted: new Promise((resolve) => {
      controller.signal.addEventListener('abort', () => {
        resolve();
      });
    }),
    exitCode: () => exitCode,
    onSecond: (action) => {
      tidy = action;
    },
    close: () => {
      for (const { name, listener } of listeners) process.off(name, listener);
    },
  };
}
