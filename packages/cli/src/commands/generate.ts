import { resolve } from 'node:path';
import { endRun } from '../jobs/end-run.js';
import { runBatch$ } from '../jobs/run-batch.js';
import { runJobs } from '../jobs/run-jobs.js';
import type { CommandContext } from '../session/command-context.js';
import { type ApiOptions, openApi } from '../session/open-api.js';
import { prepareFolder } from '../session/prepare-folder.js';
import { UsageError } from '../session/usage-error.js';

/** The options of `generate`. */
export interface GenerateOptions extends ApiOptions {
  readonly out?: string;
}

/** `whisul-rx generate`: makes songs, shows how far they are, and saves them. */
export async function generate(
  prompts: readonly string[],
  options: GenerateOptions,
  context: CommandContext,
): Promise<number> {
  if (prompts.some((prompt) => prompt.trim() === '')) throw new UsageError('A prompt is empty. Nothing was sent.');
  const out = options.out === undefined ? undefined : resolve(options.out);
  if (out !== undefined) await prepareFolder(out);
  const api = await openApi(options, context.process.env);
  try {
    const outcome = await runJobs((signal) => runBatch$(api.whisul, prompts, { concurrency: prompts.length, signal }), {
      ...context,
      api,
      out,
      total: prompts.length,
      label: (index) => prompts[index] ?? '',
      stopping: 'Stopping: waiting for the answers to what was sent. Ctrl-C again leaves at once.',
    });
    return endRun(outcome, context, { emulated: api.emulated, out });
  } finally {
    await api.close();
  }
}
