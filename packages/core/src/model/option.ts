import { WhisulError } from './whisul-error.js';

/**
 * The error for an option that cannot be used: `invalid_request`, with a sentence that names the option.
 *
 * @param expected - what would do
 * @example
 * ```ts
 * import { badOption } from '@whisul-rx/core/adapter';
 *
 * // The option `basePath` must be a path, such as /jobs.
 * const error = badOption('basePath', 'a path, such as /jobs');
 * ```
 */
export function badOption(name: string, expected: string): WhisulError {
  return new WhisulError('invalid_request', `The option \`${name}\` must be ${expected}.`);
}

/**
 * Reads an option that is a number, of ms or of things.
 *
 * @param fallback - what an option that is left out comes to
 * @param min - the least that can be used; by default 0
 * @param max - the most; by default `Infinity`, which is a number too
 * @throws WhisulError `invalid_request` that names the option
 * @example
 * ```ts
 * import { numberOption } from '@whisul-rx/core/adapter';
 *
 * const heartbeat = numberOption('heartbeat', undefined, 8_000, 1); // 8000
 * ```
 */
export function numberOption(name: string, value: unknown, fallback: number, min = 0, max = Infinity): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw badOption(name, `a number from ${min} to ${max}`);
}

/**
 * Reads an option that is a function, or left out.
 *
 * @param required - it may not be left out; by default it may
 * @throws WhisulError `invalid_request` that names the option
 * @example
 * ```ts
 * import { functionOption } from '@whisul-rx/core/adapter';
 *
 * const random = functionOption('random', undefined) ?? Math.random;
 * ```
 */
export function functionOption<F>(name: string, value: F, required = false): F {
  if ((required || value !== undefined) && typeof value !== 'function') throw badOption(name, 'a function');
  return value;
}

/**
 * Reads an option that is an object, or left out.
 *
 * @throws WhisulError `invalid_request` that names the option
 * @example
 * ```ts
 * import { type RetryPolicy } from '@whisul-rx/core';
 * import { objectOption } from '@whisul-rx/core/adapter';
 *
 * const readRetry = (retry?: Partial<RetryPolicy>) => objectOption('retry', retry) ?? {};
 * ```
 */
export function objectOption<O>(name: string, value: O): O {
  if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value))) {
    throw badOption(name, 'an object');
  }
  return value;
}

/**
 * Checks the option `scheduler`, an RxJS scheduler.
 *
 * @throws WhisulError `invalid_request` that names the option
 * @example
 * ```ts
 * import { schedulerOption } from '@whisul-rx/core/adapter';
 * import { asyncScheduler } from 'rxjs';
 *
 * schedulerOption(asyncScheduler);
 * ```
 */
export function schedulerOption(scheduler: { readonly now?: unknown; readonly schedule?: unknown } | null): void {
  if (typeof scheduler?.now !== 'function' || typeof scheduler.schedule !== 'function') {
    throw badOption('scheduler', 'an RxJS scheduler');
  }
}

/**
 * Checks the option `signal`, which may be left out; by its shape, as a polyfill's is of another class.
 *
 * @throws WhisulError `invalid_request` that names the option
 * @example
 * ```ts
 * import { signalOption } from '@whisul-rx/core/adapter';
 *
 * const signal = signalOption(new AbortController().signal);
 * ```
 */
export function signalOption<S extends Partial<AbortSignal> | undefined>(signal: S): S {
  const isSignal = typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function';
  if (signal !== undefined && !isSignal) throw badOption('signal', 'an AbortSignal');
  return signal;
}
