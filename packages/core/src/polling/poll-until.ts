import { defer, Observable, type SchedulerLike } from 'rxjs';
import { adaptiveSchedule } from './adaptive-schedule.js';
import { RecentDurations } from './duration-history.js';
import { clockOf } from './clock.js';
import { judgeFailure } from './judge-failure.js';
import { SharedTimerScheduler } from './shared-timer-scheduler.js';
import { fieldOf } from '../model/field-of.js';
import { longTimer$ } from './long-timer.js';
import { optionNames } from '../model/option-names.js';
import { functionOption, numberOption, objectOption, schedulerOption } from '../model/option.js';
import { pollLoop$ } from './poll-loop.js';
import { nextGap, type PollSchedule } from './poll-schedule.js';
import { resolveRetryPolicy, type RetryPolicy } from './retry-policy.js';
import { WhisulError } from '../model/whisul-error.js';
import { within } from './within.js';

/** How {@link pollUntil} polls. */
export interface PollOptions<T> {
  /** Returns true for the answer that completes the stream. */
  readonly isTerminal: (value: T) => boolean;
  /** When to call `load` again. @defaultValue adaptiveSchedule() */
  readonly schedule?: PollSchedule;
  /** Returns true for errors after which `load` is called again; others end the stream. @defaultValue every error */
  readonly isTransient?: (error: unknown) => boolean;
  /** How failed calls of `load` are tried again. */
  readonly retry?: Partial<RetryPolicy>;
  /** Ms from the subscription after which the stream errors with `job_timeout`. @defaultValue Infinity */
  readonly timeout?: number;
  /** The RxJS scheduler of every wait. @defaultValue one whose waits share timers */
  readonly scheduler?: SchedulerLike;
  /** Returns numbers from 0 to 1 that spread the waits. @defaultValue Math.random */
  readonly random?: () => number;
}

/**
 * The polling loop of this package for any other API: calls `load` again and again until an answer is terminal.
 *
 * @param load - makes one request. Its signal aborts when the stream is unsubscribed or times out
 * @returns every answer; completes after the terminal one. Cold: each subscription polls for itself, the first time
 * at once. Errors with `job_timeout`, or with the error of `load` if it was not transient, or the last of `retry.maxFailures`
 * in a row. Unsubscribing aborts the call in flight and clears every timer.
 * @throws WhisulError `invalid_request` for a bad option
 * @example
 * ```ts
 * import { fixedSchedule, pollUntil } from '@whisul-rx/core';
 *
 * const build$ = pollUntil(
 *   (signal) => fetch('https://ci.example/builds/7', { signal }).then((r) => r.text()),
 *   {
 *     isTerminal: (status) => status !== 'pending',
 *     schedule: fixedSchedule(2_000), // ms
 *     timeout: 600_000, // ms
 *   },
 * );
 * ```
 */
export function pollUntil<T>(load: (signal: AbortSignal) => PromiseLike<T>, options: PollOptions<T>): Observable<T> {
  functionOption('isTerminal', fieldOf(objectOption('options', options), 'isTerminal'), true);
  optionNames(options, {
    isTerminal: 1,
    schedule: 1,
    isTransient: 1,
    retry: 1,
    timeout: 1,
    scheduler: 1,
    random: 1,
  });
  const { isTerminal, schedule = adaptiveSchedule(), isTransient = () => true } = options;
  const { scheduler = new SharedTimerScheduler(), random = Math.random } = options;
  functionOption('load', load, true);
  functionOption('schedule', schedule);
  functionOption('isTransient', isTransient);
  functionOption('random', random);
  schedulerOption(scheduler);
  const timeout = numberOption('timeout', options.timeout, Infinity);
  const policy = resolveRetryPolicy(options.retry);
  const durations = new RecentDurations();

  return defer(() => {
    const now = clockOf(scheduler);
    const began = now();
    let polls = 0;
    let failures = 0;
    /** Ms to the next question; after an answer the schedule says it. */
    let wait: number | undefined = 0;
    const elapsed = () => now() - began;
    return pollLoop$<T>({
      due$: defer(() => longTimer$(wait ?? nextGap(schedule, { polls, elapsed: elapsed(), durations }), scheduler)),
      ask$: abortable$(load),
      onFailure: (error) => {
        const failure = judgeFailure({ policy, random, isTransient }, error, (failures += 1));
        if (failure.final) throw error;
        ({ wait } = failure);
      },
      isTerminal: (answer) => {
        polls += 1;
        failures = 0;
        wait = undefined;
        const terminal = isTerminal(answer);
        if (terminal) durations.add(elapsed());
        return terminal;
      },
    }).pipe(within(timeout, scheduler, () => timeoutError(timeout)));
  });
}

function timeoutError(timeout: number): WhisulError {
  return new WhisulError(
    'job_timeout',
    `No terminal answer within ${String(timeout)} ms; what was asked for may still go on.`,
  );
}

/** One call of a promise function, aborted by unsubscribing: the boundary between the two worlds. */
function abortable$<T>(load: (signal: AbortSignal) => PromiseLike<T>): Observable<T> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    let answered = false;
    Promise.resolve(load(controller.signal)).then(
      (value) => {
        answered = true;
        subscriber.next(value);
        subscriber.complete();
      },
      (error: unknown) => {
        answered = true;
        subscriber.error(error);
      },
    );
    return () => {
      if (!answered) controller.abort();
    };
  });
}
