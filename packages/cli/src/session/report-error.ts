import { isWhisulError } from '@whisul-rx/core';
import { cleanText } from '../view/clean-text.js';
import type { Terminal } from '../view/open-terminal.js';

/** An error as one paragraph: what happened and what to do; with its code, and on demand with its causes. */
export function reportError(terminal: Terminal, error: unknown, { verbose }: { verbose: boolean }): void {
  const { paint } = terminal;
  const message = cleanText(error instanceof Error ? error.message : String(error));
  const code = isWhisulError(error) ? paint.dim(` (${error.code})`) : '';
  terminal.warn(`${paint.red('Error:')} ${message}${code}`);
  if (!verbose) return;
  for (let link = error; link instanceof Error; link = link.cause) {
    const stack = (link.stack ?? '').split('\n').map((line) => `  ${cleanText(line)}`);
    terminal.warn(paint.dim((link === error ? stack : ['  caused by:', ...stack]).join('\n')));
  }
}
