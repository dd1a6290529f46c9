import type { GatewayRequest } from '../requests/gateway-request.js';
import type { JobsHandlerOptions } from './jobs-handler-options.js';

/** What a request may see. */
export interface Permit {
  readonly ids: readonly string[];
  /** Ends the streams of this request when it aborts. */
  readonly until: AbortSignal | undefined;
}

function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
}

function verdictParts(verdict: unknown): { jobIds: unknown; until: unknown } {
  if (typeof verdict !== 'object' || verdict === null || !('jobIds' in verdict)) {
    return { jobIds: verdict, until: undefined };
  }
  return { jobIds: verdict.jobIds, until: 'until' in verdict ? verdict.until : undefined };
}

/**
 * Asks `authorize` which of the ids may be seen. Whatever is not a clear yes is a no: only `true` and lists permit.
 *
 * @returns undefined when nothing is permitted
 * @throws what `authorize` throws, or a TypeError for an `until` that is no signal: it could not end anything
 */
export async function permittedIds(
  authorize: JobsHandlerOptions['authorize'],
  request: GatewayRequest,
  ids: readonly string[],
): Promise<Permit | undefined> {
  if (authorize === 'public') return { ids, until: undefined };
  const verdict: unknown = await authorize(request.toRequest(), [...ids]);
  if (verdict === true) return { ids, until: undefined };
  const { jobIds, until } = verdictParts(verdict);
  if (!Array.isArray(jobIds)) return undefined;
  if (until !== undefined && !isSignal(until)) throw new TypeError('The `until` of a verdict must be an AbortSignal.');
  const allowed = new Set<unknown>(jobIds);
  const permitted = ids.filter((id) => allowed.has(id));
  return permitted.length === 0 || until?.aborted === true ? undefined : { ids: permitted, until };
}
