import { Buffer } from 'node:buffer';
import type { Answer } from '../server/gateway/answer.js';
import { closeSession } from './close-session.js';
import { isGone, writeHead, writeStreamHead, type NodeRequest, type NodeResponse } from './node-exchange.js';
import { NodeOutlet } from './node-outlet.js';
import { endUnread, hasUnreadBody } from './unread-body.js';

/**
 * Writes an answer to a response of Node. A client that has gone meanwhile gets nothing.
 *
 * @param last - takes the connection away afterwards: an idle one would hold up `server.close()`
 */
export function writeAnswer(answer: Answer, req: NodeRequest, res: NodeResponse, last = false): void {
  const { feed } = answer;
  if (isGone(req, res)) {
    feed?.close();
    return;
  }
  const body = req.method === 'HEAD' ? undefined : answer.body;
  const unread = hasUnreadBody(req);
  try {
    if (feed !== undefined) writeStreamHead(res, answer.headers);
    else writeHead(res, answer.status, headersOf(answer, res, last || unread, body));
  } catch (error) {
    // Somebody has answered already: this connection is not ours.
    feed?.close();
    throw error;
  }
  if (last && 'stream' in res) closeSession(res.stream.session);
  if (feed !== undefined) feed.open(new NodeOutlet(req, res, feed));
  else if (unread) endUnread(res, body);
  else if (body === undefined) res.end();
  else res.end(body);
}

function headersOf({ headers }: Answer, res: NodeResponse, last: boolean, body?: string): Answer['headers'] {
  if ('stream' in res) return headers;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return { ...headers, ...length, ...(last ? { connection: 'close' } : {}) };
}
