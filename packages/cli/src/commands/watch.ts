import { resolve } from 'node:path';
import { abort$ } from '@whisul-rx/core/adapter';
import { takeUntil } from 'rxjs';
import { endRun } from '../jobs/end-run.js';
import { runJobs } from '../jobs/run-jobs.js';
import { watchJobs$ } from '../jobs/watch-jobs.js';
import type { CommandContext } from '../session/command-context.js';
import { type ApiOptions, openApi } from '../session/open-api.js';
import { prepareFolder } from '../session/prepare-folder.js';
import { UsageError } from '../session/usage-error.js';

/** The options of `watch`. */
export interface WatchOptions extends ApiOptions {
  readonly out?: string;
}

/** `whisul-rx watch`: follows jobs that were submitted before, wherever that was. */
export async function watch(given: readonly string[], options: WatchOptions, context: CommandContext): Promise<number> {
  if (given.some((id) => id.trim() === '')) throw new UsageError('An id is empty.');
  const ids = [...new Set(given)];
  const out = options.out === undefined ? undefined : resolve(options.out);
  if (out !== undefined) await prepareFolder(out);
  const api = await openApi(options, context.process.env);
  try {
    const outcome = await runJobs((signal) => watchJobs$(api.whisul, ids).pipe(takeUntil(abort$(signal))), {
      ...context,
      api,
      out,
      total: ids.length,
      label: (index) => ids[index] ?? '',
      stopping: 'Stopping.',
    });
    return endRun(outcome, context, { emulated: api.emulated, out });
  } finally {
    await api.close();
  }
}
