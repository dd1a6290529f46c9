import { asyncScheduler, concat, defer, map, type Observable, type OperatorFunction } from 'rxjs';
import { isTerminal } from '../model/is-terminal.js';
import { badOption, objectOption } from '../model/option.js';
import { optionNames } from '../model/option-names.js';
import type { BatchEvent } from './batch-event.js';

/**
 * The progress of a batch. `submitted`, `completed` and `failed` count jobs, `problems` counts items, and all four only
 * grow; `running` is how many jobs are submitted and unfinished now. `total` is the caller's number of items, or null.
 * `elapsed` and `eta` are in ms; `eta` is null while nothing is known, and 0 only when the batch has completed.
 * A failed job that is submitted again (`retryFailed`) stays counted as failed, and its successor is a job of its own.
 */
export interface BatchProgress {
  total: number | null;
  submitted: number;
  running: number;
  completed: number;
  failed: number;
  problems: number;
  elapsed: number;
  eta: number | null;
}

/**
 * Turns the events of a batch into its progress: one after each event, and a last one when the batch completes.
 * Time runs from the subscription. The estimate (`eta`) comes from how long the finished jobs took, and how many ran at
 * the same time. It stays null until a job was seen to begin and to end.
 * Errors pass through. If `total` is not a number of at least 0, or an option does not exist, the stream errors with
 * `invalid_request`.
 *
 * @param options - `total`: how many items the batch has. Without it there is no estimate.
 * @example
 * ```ts
 * import { batchProgress, type Whisul } from '@whisul-rx/core';
 *
 * const progress$ = (whisul: Whisul, prompts: string[]) =>
 *   whisul.batch$(prompts).pipe(batchProgress({ total: prompts.length }));
 * ```
 */
export function batchProgress(
  options: { total?: number | undefined } = {},
): OperatorFunction<BatchEvent, BatchProgress> {
  return (events$: Observable<BatchEvent>) =>
    defer(() => {
      const total = checkTotal(objectOption('options', options).total);
      optionNames(options, { total: 1 });
      const began = asyncScheduler.now();
      const counts = { submitted: 0, running: 0, completed: 0, failed: 0, problems: 0 };
      /** When each running job was first seen, by its item; and the sum of that, so that an event costs the same at any size. */
      const running = new Map<number, number>();
      let runningSince = 0;
      /** Items whose job failed: only another attempt tells that the item was not finished by it. */
      const failed = new Set<number>();
      let mostRunning = 0;
      let finished = 0;
      let measured = 0;
      let measuredTime = 0;

      const stopRunning = (index: number): number | undefined => {
        const since = running.get(index);
        if (since !== undefined) {
          running.delete(index);
          runningSince -= since;
        }
        return since;
      };
      const count = (event: BatchEvent, now: number): void => {
        const { index } = event;
        if (event.type === 'problem') {
          stopRunning(index);
          if (!failed.delete(index)) finished += 1;
          counts.problems += 1;
          return;
        }
        const { job } = event;
        const known = running.has(index);
        if (failed.has(index) && !known) {
          failed.delete(index);
          finished -= 1;
        }
        if (!known) counts.submitted += 1;
        if (!isTerminal(job)) {
          if (!known) {
            running.set(index, now);
            runningSince += now;
            mostRunning = Math.max(mostRunning, running.size);
          }
          return;
        }
        const since = stopRunning(index);
        if (since !== undefined) {
          measured += 1;
          measuredTime += Math.max(0, now - since);
        }
        finished += 1;
        counts[job.status] += 1;
        if (job.status === 'failed') failed.add(index);
      };
      const eta = (now: number): number | null => {
        const left = total === null ? 0 : Math.max(total - finished, running.size);
        if (left === 0 || measured === 0) return null;
        const mean = measuredTime / measured;
        const age = running.size === 0 ? 0 : now - runningSince / running.size;
        // A job that has taken longer than most is still not about to end this instant.
        const rest = running.size * Math.max(mean - age, mean / 10);
        return Math.max(1, Math.ceil(((left - running.size) * mean + rest) / Math.min(mostRunning, left)));
      };
      const progress = (now: number, remaining: number | null): BatchProgress => ({
        total,
        ...counts,
        running: running.size,
        elapsed: Math.max(0, now - began),
        eta: remaining,
      });
      return concat(
        events$.pipe(
          map((event) => {
            const now = asyncScheduler.now();
            count(event, now);
            return progress(now, eta(now));
          }),
        ),
        defer(() => [progress(asyncScheduler.now(), 0)]),
      );
    });
}

function checkTotal(total: number | undefined): number | null {
  if (total === undefined) return null;
  if (!Number.isFinite(total) || total < 0) throw badOption('total', 'a finite number of at least 0');
  return total;
}
