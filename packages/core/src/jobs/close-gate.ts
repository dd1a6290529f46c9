import { isWhisulError } from '../model/whisul-error.js';
import type { ClientContext } from './client-context.js';

/** Closes the whole client's gate after a 429: for as long as the answer asked, else for the wait of the call. */
export function closeGate({ lane, policy }: ClientContext, error: unknown, wait: number): void {
  if (!isWhisulError(error, 'rate_limited')) return;
  const asked = error.retryAfter ?? 0;
  lane.pause(Math.min(asked > 0 ? asked : wait, policy.maxRetryAfter));
}
