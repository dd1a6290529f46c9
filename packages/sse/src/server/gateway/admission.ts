import { defer, firstValueFrom, map, merge, race, timer } from 'rxjs';
import { refuse, type Refusal } from '../../wire/refusal.js';
import { nobody, refusalAnswer, type Answer } from './answer.js';
import type { GatewayContext } from './gateway-context.js';
import type { GatewayRequest } from '../requests/gateway-request.js';
import { permittedIds, type Permit } from './permitted-ids.js';
import type { Seat } from '../feeds/seats.js';

/** How long `authorize` may take, in ms. */
const patience = 10_000;

/** What a request that was let in has got. */
export interface Admission extends Permit {
  readonly seat: Seat;
}

/**
 * Lets a request in, if there is room and `authorize` permits, and has it served; else it is sent away or refused. Its
 * place is free again after the answer, unless that keeps it.
 */
export async function admit(
  context: GatewayContext,
  request: GatewayRequest,
  ids: readonly string[],
  sendAway: () => Answer,
  serve: (admission: Admission) => Promise<Answer> | Answer,
): Promise<Answer> {
  if (context.isClosing()) return sendAway();
  const seat = context.seats.take(request.connection, limitKeyOf(context, request));
  if (seat === undefined) return sendAway();
  try {
    const permit = await verdict(context, request, ids);
    if (request.isGone()) return nobody;
    if (permit === 'late' || context.isClosing()) return sendAway();
    return permit === undefined ? refusalAnswer(unauthorized(ids)) : await serve({ ...permit, seat });
  } finally {
    seat.release();
  }
}

function limitKeyOf({ settings }: GatewayContext, request: GatewayRequest): string | undefined {
  const key: unknown = settings.limitKey?.(request.toRequest());
  if (key === undefined || typeof key === 'string') return key;
  throw new TypeError('The option `limitKey` must return a string or undefined.');
}

function verdict(
  { settings, closing$ }: GatewayContext,
  request: GatewayRequest,
  ids: readonly string[],
): Promise<Permit | 'late' | undefined> {
  if (settings.authorize === 'public') return Promise.resolve({ ids, until: undefined });
  // It may be stuck, or fail when nobody waits for it any more.
  const needless$ = merge(request.gone$, closing$).pipe(map(() => undefined));
  const late$ = timer(patience).pipe(map(() => 'late' as const));
  const asked$ = defer(() => permittedIds(settings.authorize, request, ids));
  return firstValueFrom(race(asked$, needless$, late$));
}

/** Nothing of what was asked for is permitted. */
export function unauthorized(ids: readonly string[]): Refusal {
  if (ids.length === 0) return refuse(403, 'unauthorized', 'You may not start jobs.');
  if (ids.length > 1) return refuse(403, 'unauthorized', 'You may not see these jobs.');
  return refuse(403, 'unauthorized', 'You may not see this job.', { jobId: ids[0] });
}
