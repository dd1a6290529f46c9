import { type MonoTypeOperatorFunction, type Observable, retry, throwError } from 'rxjs';
import { type RetryPolicy, retryWait } from './retry-policy.js';
import { isWhisulError } from '../model/whisul-error.js';

/** A failed try, and what the policy makes of it. */
export interface Failure {
  readonly error: unknown;
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** Ms until the next try; where there is none, what the answer asked for. */
  readonly wait: number;
  /** There will be no next try. */
  readonly final: boolean;
}

/** Which failures are tried again, and when. */
export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly random: () => number;
  isTransient(error: unknown): boolean;
}

/** How {@link retryFailures} waits, and who hears of it. */
export interface RetryHooks {
  /** A timer of so many ms. */
  wait$(ms: number): Observable<unknown>;
  onFailure?(failure: Failure): void;
}

/** What a retry policy makes of a failure. */
export function judgeFailure(options: RetryOptions, error: unknown, failures: number): Failure {
  const { policy } = options;
  const retryAfter = isWhisulError(error) ? (error.retryAfter ?? 0) : 0;
  const final = !options.isTransient(error) || failures >= policy.maxFailures || retryAfter > policy.maxRetryAfter;
  const wait = final
    ? Math.min(Math.max(policy.baseDelay, retryAfter), policy.maxRetryAfter)
    : retryWait(policy, failures, options.random, retryAfter);
  return { error, failures, wait, final };
}

/**
 * Subscribes again after a transient failure, once the policy's wait is over. Passes every other error on, and the one
 * that is one too many in a row, and one whose `Retry-After` is longer than the policy bears.
 */
export function retryFailures<T>(options: RetryOptions & RetryHooks): MonoTypeOperatorFunction<T> {
  return retry<T>({
    resetOnSuccess: true,
    delay: (error: unknown, failures) => {
      const failure = judgeFailure(options, error, failures);
      options.onFailure?.(failure);
      return failure.final ? throwError(() => error) : options.wait$(failure.wait);
    },
  });
}
