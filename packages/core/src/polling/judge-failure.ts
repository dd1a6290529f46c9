import { isWhisulError } from '../model/whisul-error.js';
import { type RetryPolicy, retryWait } from './retry-policy.js';

/** A failed try, and what the policy makes of it. */
export interface Failure {
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** Ms until the next try; if there is none, what the answer asked for. */
  readonly wait: number;
  /** There is no next try. */
  readonly final: boolean;
}

/** Which failures are tried again, and when. */
export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly random: () => number;
  readonly isTransient: (error: unknown) => boolean;
}

/** Decides what a retry policy makes of a failure. */
export function judgeFailure({ policy, random, isTransient }: RetryOptions, error: unknown, failures: number): Failure {
  const retryAfter = isWhisulError(error) ? (error.retryAfter ?? 0) : 0;
  const final = !isTransient(error) || failures >= policy.maxFailures || retryAfter > policy.maxRetryAfter;
  const wait = final ? Math.max(policy.baseDelay, retryAfter) : retryWait(policy, failures, random, retryAfter);
  return { failures, wait, final };
}
