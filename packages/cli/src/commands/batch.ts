import { resolve } from 'node:path';
import { type BatchEvent, batchProgress, type Journal } from '@whisul-rx/core';
import { catchError, connect, EMPTY, ignoreElements, merge, type OperatorFunction, tap } from 'rxjs';
import { agreeToPay } from '../jobs/agree-to-pay.js';
import { endRun } from '../jobs/end-run.js';
import { openBatchJournal } from '../jobs/open-batch-journal.js';
import { describePlan, planBatch, type PlanOptions } from '../jobs/plan-batch.js';
import { type BatchItem, readPrompts } from '../jobs/read-prompts.js';
import { runBatch$ } from '../jobs/run-batch.js';
import { runJobs } from '../jobs/run-jobs.js';
import type { CommandContext } from '../session/command-context.js';
import { type Api, type ApiOptions, openApi } from '../session/open-api.js';
import { prepareFolder } from '../session/prepare-folder.js';
import { batchReport } from '../view/batch-report.js';

/** The options of `batch`. */
export interface BatchCommandOptions extends ApiOptions {
  readonly concurrency: number;
  readonly journal?: string;
  readonly out?: string;
  readonly maxSubmits?: number;
  readonly retryFailed: number;
  readonly resubmitUnknown?: boolean;
  readonly yes?: boolean;
}

/** `whisul-rx batch`: makes a song of every line, a few at a time, and goes on where an earlier run was. */
export async function batch(file: string, options: BatchCommandOptions, context: CommandContext): Promise<number> {
  const items = await readPrompts(file, context.process.stdin, context.interruption.signal);
  const out = options.out === undefined ? undefined : resolve(options.out);
  if (out !== undefined) await prepareFolder(out);
  const api = await openApi(options, context.process.env);
  let journal: Journal | undefined;
  try {
    if (options.journal !== undefined) {
      journal = await openBatchJournal(options.journal, api.name);
      await api.recall?.(journal);
    }
    const planOptions: PlanOptions = {
      retryFailed: options.retryFailed,
      maxSubmits: options.maxSubmits ?? Infinity,
      resubmit: options.resubmitUnknown === true,
    };
    const plan = await planBatch(items, journal, planOptions);
    context.terminal.warn(describePlan(plan, planOptions, api.emulated));
    const asks = !api.emulated && options.yes !== true && plan.pays + plan.paysAgain > 0;
    const refusal = asks ? await agreeToPay(plan, context) : undefined;
    if (refusal !== undefined) return refusal;
    return await runBatch(items, { api, journal, out, options, planOptions }, context);
  } finally {
    await journal?.close();
    await api.close();
  }
}

interface BatchSetup {
  readonly api: Api;
  readonly journal: Journal | undefined;
  readonly out: string | undefined;
  readonly options: BatchCommandOptions;
  readonly planOptions: PlanOptions;
}

async function runBatch(items: readonly BatchItem[], setup: BatchSetup, context: CommandContext): Promise<number> {
  const { api, journal, out, options } = setup;
  const { terminal } = context;
  const { retryFailed, maxSubmits, resubmit } = setup.planOptions;
  const estimate: Estimate = { at: 0, ms: null };
  const outcome = await runJobs(
    (signal) =>
      runBatch$(api.whisul, items, {
        concurrency: options.concurrency,
        retryFailed,
        signal,
        onUnknown: resubmit ? 'resubmit' : 'report',
        ...(journal && { journal }),
        ...(maxSubmits !== Infinity && { maxSubmits }),
      }).pipe(estimateRest(items.length, estimate)),
    {
      ...context,
      api,
      out,
      batch: true,
      again: journal !== undefined,
      total: items.length,
      label: (index) => items[index]?.prompt ?? '',
      eta: () => (estimate.ms === null ? null : Math.max(0, estimate.ms - (performance.now() - estimate.at))),
      stopping:
        'Stopping: no more prompts are sent. Waiting for the receipts of those that were. Ctrl-C again leaves at once.',
    },
  );
  if (!context.json) for (const line of batchReport(outcome.board, { terminal, items, out })) terminal.print(line);
  return endRun(outcome, context, { emulated: api.emulated, out, again: journal !== undefined });
}

/** Keeps the estimate of `batchProgress` beside the events. */
function estimateRest(total: number, estimate: Estimate): OperatorFunction<BatchEvent, BatchEvent> {
  return connect((events$) =>
    merge(
      events$,
      events$.pipe(
        batchProgress({ total }),
        tap(({ eta }) => {
          Object.assign(estimate, { at: performance.now(), ms: eta });
        }),
        ignoreElements(),
        catchError(() => EMPTY),
      ),
    ),
  );
}

/** Ms that were left at a moment. */
interface Estimate {
  at: number;
  ms: number | null;
}
