import { optionNames } from '../model/option-names.js';
import { numberOption, objectOption } from '../model/option.js';

/** How failed calls are tried again. All waits are in ms. */
export interface RetryPolicy {
  /** This many failures in a row end the stream. 0 counts as 1. @defaultValue 10 */
  readonly maxFailures: number;
  /** The shortest wait after a failure, in ms. @defaultValue 1_000 */
  readonly baseDelay: number;
  /** The longest wait, in ms, unless a `Retry-After` asks for a longer one. @defaultValue 30_000 */
  readonly maxDelay: number;
  /** A longer `Retry-After` is not waited for: it ends the stream. In ms. @defaultValue 300_000 */
  readonly maxRetryAfter: number;
}

/**
 * Fills a partial policy with the defaults.
 *
 * @throws WhisulError `invalid_request` that names the field, for anything but a number of at least 0
 * @example
 * ```ts
 * import { resolveRetryPolicy } from '@whisul-rx/core/adapter';
 *
 * const policy = resolveRetryPolicy({ maxFailures: 3 });
 * ```
 */
export function resolveRetryPolicy(policy: Partial<RetryPolicy> = {}): RetryPolicy {
  objectOption('retry', policy);
  optionNames(policy, { maxFailures: 1, baseDelay: 1, maxDelay: 1, maxRetryAfter: 1 });
  return {
    maxFailures: numberOption('retry.maxFailures', policy.maxFailures, 10),
    baseDelay: numberOption('retry.baseDelay', policy.baseDelay, 1_000),
    maxDelay: numberOption('retry.maxDelay', policy.maxDelay, 30_000),
    maxRetryAfter: numberOption('retry.maxRetryAfter', policy.maxRetryAfter, 300_000),
  };
}

/** Jitter must not cost a paid job. */
function drawRandom(random: () => number): number {
  try {
    const drawn: unknown = random();
    if (typeof drawn === 'number' && drawn >= 0 && drawn <= 1) return drawn;
  } catch {
    // as for what is no such number
  }
  return Math.random();
}

/**
 * The wait before the next try: spread evenly between `baseDelay` and `min(maxDelay, baseDelay * 2^failures)`.
 * A longer `Retry-After` takes the place of `baseDelay`, so that the spread only ever adds to it.
 *
 * @param failures - failures in a row, from 1
 * @param random - returns a number from 0 to 1; if it returns anything else, or throws, `Math.random` is used
 * @param retryAfter - what the answer asked for, in ms
 * @returns ms
 * @example
 * ```ts
 * import { resolveRetryPolicy, retryWait } from '@whisul-rx/core/adapter';
 *
 * const wait = retryWait(resolveRetryPolicy(), 1, Math.random); // 1000 to 2000
 * ```
 */
export function retryWait(policy: RetryPolicy, failures: number, random: () => number, retryAfter = 0): number {
  const spread = Math.max(
    0,
    Math.min(policy.maxDelay, policy.baseDelay * 2 ** Math.min(failures, 1000)) - policy.baseDelay,
  );
  return Math.max(policy.baseDelay, retryAfter) + drawRandom(random) * spread;
}
