import type { Journal } from '@whisul-rx/core';
import type { BatchItem } from './read-prompts.js';

/** What a batch will do, from what its journal says. */
export interface BatchPlan {
  readonly total: number;
  readonly finished: number;
  readonly running: number;
  /** Their POST may have been accepted; this could not be determined. */
  readonly doubtful: number;
  readonly failed: number;
  /** Songs that are paid for if none fails. */
  readonly pays: number;
  /** Songs that may be paid for beside these, because `retryFailed` submits failed ones again. */
  readonly paysAgain: number;
}

export interface PlanOptions {
  readonly retryFailed: number;
  readonly maxSubmits: number;
  readonly resubmit: boolean;
}

export async function planBatch(
  items: readonly BatchItem[],
  journal: Journal | undefined,
  options: PlanOptions,
): Promise<BatchPlan> {
  const counts = { finished: 0, running: 0, doubtful: 0, failed: 0 };
  let pays = 0;
  let paysAgain = 0;
  for (const { key } of items) {
    const entry = await journal?.get(key);
    const left = Math.max(0, options.retryFailed + 1 - (entry?.attempt ?? 0));
    // The exhaustive switch has no default: `undefined` is one of its cases.
    switch (entry?.state) {
      case undefined:
      case 'rejected':
        pays += 1;
        paysAgain += options.retryFailed;
        break;
      case 'completed':
        counts.finished += 1;
        break;
      case 'submitted':
        counts.running += 1;
        paysAgain += left;
        break;
      case 'submitting':
        counts.doubtful += 1;
        if (options.resubmit) {
          pays += 1;
          paysAgain += left;
        }
        break;
      case 'failed':
        counts.failed += 1;
        pays += Math.min(1, left);
        paysAgain += Math.max(0, left - 1);
        break;
    }
  }
  pays = Math.min(pays, options.maxSubmits);
  paysAgain = Math.min(paysAgain, options.maxSubmits - pays);
  return { total: items.length, ...counts, pays, paysAgain };
}

/** `1 song`, `2,000 songs`. */
export const many = (count: number, one: string, more = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** The plan as sentences: what is there, and what it will cost. */
export function describePlan(plan: BatchPlan, { resubmit }: PlanOptions, emulated: boolean): string {
  const there = [
    plan.finished > 0 && `${many(plan.finished, 'is', 'are')} finished`,
    plan.running > 0 && `${many(plan.running, 'is', 'are')} being made`,
    plan.failed > 0 && `${plan.failed.toLocaleString('en')} failed`,
    plan.doubtful > 0 && `${many(plan.doubtful, 'is', 'are')} in doubt${resubmit ? '' : ' and not sent again'}`,
  ].filter((part) => part !== false);
  const again = plan.paysAgain > 0 ? `, and for up to ${plan.paysAgain.toLocaleString('en')} more if songs fail` : '';
  const pays =
    plan.pays + plan.paysAgain === 0
      ? 'There is nothing to pay for.'
      : emulated
        ? 'The API is emulated: nothing is charged.'
        : `This pays for ${many(plan.pays, 'song')}${again}.`;
  return `${many(plan.total, 'prompt')}${there.length > 0 ? `: ${there.join(', ')}` : ''}. ${pays}`;
}
