import { resolve } from 'node:path';
import { confirm, isCancel } from '@clack/prompts';
import { type BatchEvent, batchProgress, type Journal } from '@whisul-rx/core';
import { catchError, connect, EMPTY, ignoreElements, merge, type OperatorFunction, tap } from 'rxjs';
import { endRun } from '../jobs/end-run.js';
import { openBatchJournal } from '../jobs/open-batch-journal.js';
import { type BatchPlan, describePlan, planBatch, type PlanOptions } from '../jobs/plan-batch.js';
import { type BatchItem, readPrompts } from '../jobs/read-prompts.js';
import { runBatch$ } from '../jobs/run-batch.js';
import { runJobs } from '../jobs/run-jobs.js';
import type { CommandContext } from '../session/command-context.js';
import { exitCodes } from '../session/exit-code.js';
import { type Api, type ApiOptions, openApi } from '../session/open-api.js';
import { prepareFolder } from '../session/prepare-folder.js';
import { UsageError } from '../session/usage-error.js';
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
  const items = await readPrompts(file, context.process.stdin);
  const out = options.out === undefined ? undefined : resolve(options.out);
  if (out !== undefined) await prepareFolder(out);
  const api = await openApi(options, context.process.env);
  let journal: Journal | undefined;
  try {
    if (options.journal !== undefined) journal = await openBatchJournal(options.journal, api.name);
    const planOptions: PlanOptions = {
      retryFailed: options.retryFailed,
      maxSubmits: options.maxSubmits ?? Infinity,
      resubmit: options.resubmitUnknown === true,
    };
    const plan = await planBatch(items, journal, planOptions);
    const refusal = await agree(plan, describePlan(plan, planOptions, api.emulated), api, options, context);
    if (refusal !== undefined) return refusal;
    return await runBatch(items, { api, journal, out, options, planOptions }, context);
  } finally {
    await journal?.close();
    await api.close();
  }
}

/** Says what it will cost and asks; the exit code if the answer is no. */
async function agree(
  plan: BatchPlan,
  text: string,
  api: Api,
  { yes = false }: BatchCommandOptions,
  { terminal, process, json, interruption }: CommandContext,
): Promise<number | undefined> {
  terminal.warn(text);
  if (api.emulated || yes || plan.pays + plan.paysAgain === 0) return undefined;
  const output = json ? process.stderr : process.stdout;
  const canAsk = process.stdin.isTTY && output.isTTY && !process.env['CI'];
  if (!canAsk)
    throw new UsageError('There is no terminal to ask in. To pay for these songs, add --yes. Nothing was sent.');
  const answer = await confirm({
    message: `Pay for ${plan.pays} songs?`,
    initialValue: false,
    withGuide: false,
    output,
  });
  if (isCancel(answer) || interruption.signal.aborted) return exitCodes.interrupted;
  if (answer) return undefined;
  terminal.warn('Nothing was sent.');
  return exitCodes.declined;
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
