import type { GatewayRequest } from './gateway-request.js';
import type { JobsHandlerOptions } from './jobs-handler-options.js';

/**
 * Asks `authorize` which of the ids may be seen. Whatever is not a clear yes is a no: only `true` and lists permit.
 *
 * @returns undefined when nothing is permitted
 * @throws what `authorize` throws
 */
export async function permittedIds(
  authorize: JobsHandlerOptions['authorize'],
  request: GatewayRequest,
  ids: readonly string[],
): Promise<readonly string[] | undefined> {
  if (authorize === 'public') return ids;
  const verdict: unknown = await authorize(request.toRequest(), [...ids]);
  if (verdict === true) return ids;
  if (!Array.isArray(verdict)) return undefined;
  const allowed = new Set<unknown>(verdict);
  const permitted = ids.filter((id) => allowed.has(id));
  return permitted.length === 0 ? undefined : permitted;
}
