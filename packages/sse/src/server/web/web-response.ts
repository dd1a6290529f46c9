import type { Answer } from '../gateway/answer.js';
import { WebOutlet } from './web-outlet.js';

/** The web `Response` of an answer. */
export function webResponse(answer: Answer, request: Request): Response {
  const { status, headers, feed } = answer;
  if (feed !== undefined) return new Response(new WebOutlet(feed, request.signal).body, { status, headers });
  const body = request.method === 'HEAD' ? null : (answer.body ?? null);
  return new Response(body, { status, headers });
}
