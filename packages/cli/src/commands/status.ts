import { isWhisulError, type Job } from '@whisul-rx/core';
import type { CommandContext } from '../session/command-context.js';
import { exitCodeOfAll } from '../session/exit-code.js';
import { type ApiOptions, openApi } from '../session/open-api.js';
import { reportError } from '../session/report-error.js';
import { jobDetails } from '../view/describe-job.js';
import { jsonLine } from '../view/json-line.js';
import { UsageError } from '../session/usage-error.js';

/** `whisul-rx status`: asks once for each job, and says what it is now. */
export async function status(ids: readonly string[], options: ApiOptions, context: CommandContext): Promise<number> {
  const { terminal, json, interruption } = context;
  if (ids.some((id) => id.trim() === '')) throw new UsageError('An id is empty.');
  const api = await openApi(options, context.process.env);
  const { signal } = interruption;
  try {
    const asked = [...new Set(ids)].map((job_id) => api.whisul.getJob({ job_id }, { signal }));
    const answers = await Promise.allSettled(asked);
    if (signal.aborted) return interruption.exitCode();
    const failures = answers.flatMap((answer) => {
      if (answer.status === 'fulfilled') {
        show(answer.value);
        return [];
      }
      const error: unknown = answer.reason;
      if (!isWhisulError(error)) throw error;
      if (json) terminal.print(jsonLine({ type: 'problem', job_id: error.jobId, error }));
      else reportError(terminal, error, context);
      return [error.code];
    });
    return exitCodeOfAll(failures);
  } finally {
    await api.close();
  }

  function show(job: Job): void {
    if (json) terminal.print(jsonLine(job));
    else for (const line of jobDetails(job, terminal)) terminal.print(line);
  }
}
