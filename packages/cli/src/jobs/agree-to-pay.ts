import { confirm, isCancel } from '@clack/prompts';
import type { CommandContext } from '../session/command-context.js';
import { exitCodes } from '../session/exit-code.js';
import { UsageError } from '../session/usage-error.js';
import { type BatchPlan, many } from './plan-batch.js';

/**
 * Asks whether to pay for what a batch is going to send.
 *
 * @returns the exit code if the answer is no, `undefined` if it is yes
 * @throws UsageError if there is nobody to ask
 */
export async function agreeToPay(
  { pays, paysAgain }: BatchPlan,
  { terminal, process, json, interruption }: CommandContext,
): Promise<number | undefined> {
  const { stdin, stderr, stdout, env } = process;
  const output = json ? stderr : stdout;
  if (!stdin.isTTY || !output.isTTY || env['CI'])
    throw new UsageError('There is no terminal to ask in. To pay for these songs, add --yes. Nothing was sent.');
  const gone = new AbortController();
  // Ctrl-D pauses the input, and a terminal that is closed ends it: without this the question would stay open. An answer
  // pauses it, too, and comes first.
  const end = (): void => void setImmediate(() => gone.abort());
  const events = ['pause', 'end', 'close', 'error'] as const;
  for (const event of events) stdin.on(event, end);
  try {
    const answer = await confirm({
      message:
        pays === 0 ? `Pay for up to ${many(paysAgain, 'song')} if songs fail?` : `Pay for ${many(pays, 'song')}?`,
      initialValue: false,
      withGuide: false,
      output,
      signal: AbortSignal.any([interruption.signal, gone.signal]),
    });
    if (answer === true && !interruption.signal.aborted) return undefined;
    terminal.warn('Nothing was sent.');
    if (interruption.signal.aborted) return interruption.exitCode();
    // The terminal is raw while it asks, so that Ctrl-C comes as a key.
    return isCancel(answer) ? exitCodes.interrupted : exitCodes.declined;
  } finally {
    for (const event of events) stdin.off(event, end);
  }
}
