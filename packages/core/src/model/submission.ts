import type { Observable } from 'rxjs';
import type { JobState } from './job-schema.js';

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
export const submissions = new WeakMap<Observable<JobState>, Submission>();

/**
 * For engines: tells what is known of the POST behind a `generate$` stream, to `batch$` and {@link isNotSent}. A stream
 * that nobody registered may have sent its POST the moment it is subscribed; that goes for one that is piped from another,
 * too, which may have gone on to a second POST by then (`catchError`), or go on without its subscriber (`shareReplay`).
 * Register only a stream whose unsubscribing is that of the submission.
 *
 * @param submission - read whenever it is asked for, so give getters for what changes; nothing is registered without one
 * @example
 * ```ts
 * import { type JobEngine } from '@whisul-rx/core';
 * import { registerSubmission, submissionOf } from '@whisul-rx/core/adapter';
 * import { tap } from 'rxjs';
 *
 * const logged = (engine: JobEngine): JobEngine => ({
 *   job$: (job) => engine.job$(job),
 *   generate$: (request) => {
 *     const states$ = engine.generate$(request);
 *     const logged$ = states$.pipe(tap((state) => console.log(state.status)));
 *     registerSubmission(logged$, submissionOf(states$));
 *     return logged$;
 *   },
 * });
 * ```
 */
export function registerSubmission(states$: Observable<JobState>, submission: Submission | undefined): void {
  if (submission) submissions.set(states$, submission);
}

/**
 * For engines that wrap another: what is known of the POST behind a `generate$` stream.
 *
 * @returns `undefined` where its engine does not tell
 * @example
 * ```ts
 * import { createWhisul } from '@whisul-rx/core';
 * import { submissionOf } from '@whisul-rx/core/adapter';
 *
 * const states$ = createWhisul().generate$('a relaxing lo-fi hip hop beat');
 * const receipt = submissionOf(states$)?.receipt; // a promise, once the prompt was sent
 * ```
 */
export function submissionOf(states$: Observable<JobState>): Submission | undefined {
  return submissions.get(states$);
}

/**
 * Tells adapters whether provably nothing was sent for a `generate$` stream: unsubscribing now withdraws the submit.
 *
 * @returns `false` also for streams of engines that do not tell
 * @example
 * ```ts
 * import { createWhisul } from '@whisul-rx/core';
 * import { isNotSent } from '@whisul-rx/core/adapter';
 *
 * const song$ = createWhisul().generate$('a relaxing lo-fi hip hop beat');
 * const free = isNotSent(song$); // true
 * ```
 */
export function isNotSent(states$: Observable<JobState>): boolean {
  return submissionOf(states$)?.sent === false;
}
