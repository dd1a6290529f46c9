import type { Observable } from 'rxjs';
import type { JobState } from './job-schema.js';
import { isFields } from './read-job.js';

/** What an engine knows of the one POST behind a `generate$` stream; see {@link registerSubmission}. */
export interface Submission {
  /** Whether its POST has left, and was not provably refused since. While it is `false`, unsubscribing withdraws it. */
  readonly sent: boolean;
  /**
   * The job that the POST became, as it is first known, from the moment the POST is sent; `undefined` while nothing was
   * sent and after the API provably refused it. Rejects as the stream would. It settles even when nobody is subscribed
   * any more.
   */
  readonly receipt: Promise<JobState> | undefined;
}

/**
 * Lets `batch$` learn the id of a paid job whose subscriber has just left, and tell a POST that was never begun from
 * one that was. Engines that do not register are treated as having begun.
 */
export const submissions = new WeakMap<object, Submission>();

/**
 * For engines: tells what is known of the POST behind a `generate$` stream, to `batch$` and {@link isNotSent}. They find
 * it behind operators, too. A stream that nobody registered may have sent its POST the moment it is subscribed.
 *
 * @param submission - read whenever it is asked for, so give getters for what changes
 * @example
 * ```ts
 * import { registerSubmission, type JobState } from '@whisul-rx/core';
 * import { defer, type Observable } from 'rxjs';
 *
 * function generate$(post: () => Promise<JobState>): Observable<JobState> {
 *   let receipt: Promise<JobState> | undefined;
 *   const states$ = defer(() => (receipt ??= post()));
 *   registerSubmission(states$, {
 *     get sent() {
 *       return receipt !== undefined;
 *     },
 *     get receipt() {
 *       return receipt;
 *     },
 *   });
 *   return states$;
 * }
 * ```
 */
export function registerSubmission(states$: Observable<JobState>, submission: Submission): void {
  submissions.set(states$, submission);
}

/** What is known of the POST behind a stream, or behind the one that it was piped from. */
export function submissionOf(states$: unknown): Submission | undefined {
  return isFields(states$) ? (submissions.get(states$) ?? submissionOf(states$['source'])) : undefined;
}

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
  return submissionOf(states$)?.sent === false;
}
