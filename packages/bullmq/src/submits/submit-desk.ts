import { WhisulError } from '@whisul-rx/core';
import { concatMap, filter, first, interval, map, merge, type Observable, of, throwError, switchMap } from 'rxjs';
import type { Cluster } from '../cluster/cluster.js';
import { patiently } from '../cluster/patiently.js';
import { engineError } from '../cluster/engine-error.js';
import { toStored } from '../cluster/stored-text.js';
import {
  outcomeOf,
  outcomesOf,
  parseOutcome,
  readOutcome,
  readSubmitData,
  type SubmitData,
  type SubmitOutcome,
  submitRecordId,
} from './submit-record.js';

/** Events are a hint, and the record is the truth: it is read again this often, in ms. */
const rereadGap = 30_000;

/** A submit that is handed to the cluster at most once. */
export interface SubmitOrder {
  readonly id: string;
  /** The space of its named batch. */
  readonly space?: string;
  /** Sends it again also when an earlier one may have been accepted. */
  readonly again?: boolean;
}

/** Hands submits to the cluster, and reports what became of them. */
export class SubmitDesk {
  readonly #cluster: Cluster;

  /** Errors when the engine is closed, and emits nothing. */
  readonly closed$: Observable<never>;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.closed$ = cluster.closed$.pipe(switchMap((error) => throwError(() => error)));
  }

  isClosed(): boolean {
    return this.#cluster.isClosed();
  }

  /** Gives the submit to whichever worker is free, unless it was given before and not refused. */
  hand(order: SubmitOrder, prompt: string): Promise<void> {
    let { again = false } = order;
    return patiently(async () => {
      const { id, space } = order;
      const { queue, store } = await this.#cluster.links();
      const recordId = submitRecordId(id);
      const outcome = await this.find(order);
      if (outcome === 'pending') return;
      if (outcome) {
        if ('receipt' in outcome || !(outcome.refused || again)) return;
        if (space !== undefined) await store.remove(outcomesOf(space), recordId);
        await queue.remove(recordId);
      }
      // Where the connection is lost now, the server may have it: the next doubt is a new one.
      again = false;
      const data: SubmitData = { prompt, state: 'pending', ...(space !== undefined && { space }) };
      // Where another process was faster, its record stays.
      await queue.add('submit', toStored(data), { jobId: recordId });
    });
  }

  /** Takes back a submit that no worker has begun. Tells whether it did. */
  async withdraw({ id }: SubmitOrder): Promise<boolean> {
    const { queue } = await this.#cluster.links();
    const record = await queue.getJob(submitRecordId(id));
    // One that a worker has is locked. With its mark, a record without a worker is evidence.
    if (!record || record.finishedOn || readSubmitData(record).state !== 'pending') return false;
    return (await queue.remove(submitRecordId(id))) === 1;
  }

  /** What is known of a submit; `undefined` when the cluster has no record of it. */
  find({ id, space }: SubmitOrder): Promise<SubmitOutcome | 'pending' | undefined> {
    return patiently(async () => {
      const { queue, store } = await this.#cluster.links();
      const record = await queue.getJob(submitRecordId(id));
      if (record) return readOutcome(record) ?? 'pending';
      const kept = space === undefined ? undefined : await store.get(outcomesOf(space), submitRecordId(id));
      return kept === undefined ? undefined : parseOutcome(kept);
    });
  }

  /** Emits what became of a submit once that is known, and completes. */
  outcome$(order: SubmitOrder, prompt: string): Observable<SubmitOutcome> {
    const { events } = this.#cluster;
    const told$ = events.of$(submitRecordId(order.id)).pipe(map((event) => outcomeOf(event, prompt)));
    const found$ = merge(of(0), interval(rereadGap), events.look$(submitRecordId(order.id))).pipe(
      concatMap(() => this.find(order)),
      map((outcome) => (outcome === 'pending' ? undefined : (outcome ?? lost(prompt)))),
    );
    return merge(this.closed$, told$, found$).pipe(
      filter((outcome) => outcome !== undefined),
      first(),
    );
  }
}

/** The server has forgotten a record that was there. */
function lost(prompt: string): SubmitOutcome {
  const message = `The record of the submit of "${prompt}" is gone from the server. It may have been accepted and charged.`;
  return { error: { code: 'submit_unknown', message, prompt }, refused: false };
}

/** The error for a submit that was handed over when the engine was closed, or when the server failed. */
export function inDoubt(cause: unknown, prompt: string): WhisulError {
  const { message } = engineError(cause, { prompt });
  return new WhisulError(
    'submit_unknown',
    `${message} The submit of "${prompt}" is with the cluster: it may be accepted and charged.`,
    { prompt, cause },
  );
}
