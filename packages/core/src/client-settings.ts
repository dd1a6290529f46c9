import type { PollSchedule } from './polling/poll-schedule.js';
import type { RetryPolicy } from './polling/retry-policy.js';
import type { Whisul } from './whisul.js';

/** What an adapter may need to know of the client that it was given. */
export interface ClientSettings {
  /** The key without the space around it; `undefined` if there is none, or if it comes from a function and may change. */
  readonly apiKey: string | undefined;
  /** When it polls. */
  readonly schedule: PollSchedule;
  /** How it tries failed calls again. */
  readonly retry: RetryPolicy;
  /** How long it follows a job, in ms. */
  readonly jobTimeout: number;
}

/** Beside the clients and not in them, so that nothing that prints a client prints its key. */
const settings = new WeakMap<Whisul, ClientSettings>();

/** Makes {@link settingsOf} know a client. */
export function registerSettings(whisul: Whisul, known: ClientSettings): void {
  settings.set(whisul, known);
}

/**
 * How a client was set up. Never print it, and store at most a hash of the key.
 *
 * @returns `undefined` if the client was not made by `createWhisul`, for example if it wraps such a client
 * @example
 * ```ts
 * import type { Whisul } from '@whisul-rx/core';
 * import { settingsOf } from '@whisul-rx/core/adapter';
 *
 * const isSameAccount = (a: Whisul, b: Whisul) => settingsOf(a)?.apiKey === settingsOf(b)?.apiKey;
 * ```
 */
export function settingsOf(whisul: Whisul): ClientSettings | undefined {
  return settings.get(whisul);
}
