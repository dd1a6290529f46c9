import { firstValueFrom, merge, timer } from 'rxjs';
import type { Refusal } from '../../wire/refusal.js';
import { nobody, refusalAnswer, streamAnswer, type Answer } from './answer.js';
import type { EventFeed } from '../feeds/event-feed.js';
import type { GatewayRequest } from '../requests/gateway-request.js';

/** How long an answer waits for a first state, in ms. */
export const headDeadline = 2_000;

/** Waits for a first frame before the head goes out, so that an early problem can still be a status. */
export async function responseHead(
  request: GatewayRequest,
  feed: EventFeed,
  isRefused: (refusal: Refusal) => boolean,
): Promise<Answer> {
  if (feed.first === undefined && !feed.closed)
    await firstValueFrom(merge(feed.ready$, timer(headDeadline), request.gone$));
  const refusal = feed.first?.refusal;
  const refused = refusal !== undefined && isRefused(refusal);
  if (request.isGone() || refused) feed.close();
  if (request.isGone()) return nobody;
  return refused ? refusalAnswer(refusal) : streamAnswer(feed);
}
