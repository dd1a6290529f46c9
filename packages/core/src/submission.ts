import type { Observable } from 'rxjs';
import type { JobState, SubmittedJob } from './job-schema.js';

/** What a client knows of the one POST behind a `generate$` stream. */
export interface Submission {
  /** Whether its POST has left, and was not provably refused since. */
  readonly sent: boolean;
  /**
   * The answer to the POST, from the moment it is sent; `undefined` while nothing was sent and after the API
   * provably refused it. Rejects as the stream would. It settles even when nobody is subscribed any more.
   */
  readonly receipt: Promise<SubmittedJob> | undefined;
}

/**
 * Lets `batch$` learn the id of a paid job whose subscriber has just left, and tell a POST that was never begun from
 * one that was. Engines that do not register are treated as having begun.
 */
export const submissions = new WeakMap<Observable<JobState>, Submission>();

/**
 * Tells adapters whether provably nothing was sent for a `generate$` stream: unsubscribing now withdraws the submit.
 *
 * @returns `false` also for streams of engines that do not tell
 * @example
 * ```ts
 * import { createWhisul, isNotSent } from '@whisul-rx/core';
 *
 * const song$ = createWhisul().generate$('a relaxing lo-fi hip hop beat');
 * const free = isNotSent(song$); // true
 * ```
 */
export function isNotSent(states$: Observable<JobState>): boolean {
  return submissions.get(states$)?.sent === false;
}
