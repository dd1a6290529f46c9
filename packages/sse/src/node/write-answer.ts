import type { Answer } from '../server/answer.js';
import { closeSession } from './close-session.js';
import { isGone, writeHead, writeStreamHead, type NodeRequest, type NodeResponse } from './node-exchange.js';
import { NodeOutlet } from './node-outlet.js';

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
  try {
    if (feed !== undefined) writeStreamHead(res, answer.headers);
    else writeHead(res, answer.status, last ? lastHeaders(res, answer.headers) : answer.headers);
  } catch (error) {
    // Somebody has answered already: this connection is not ours.
    feed?.close();
    throw error;
  }
  if (feed !== undefined) feed.open(new NodeOutlet(req, res, feed));
  else if (req.method === 'HEAD' || answer.body === undefined) res.end();
  else res.end(answer.body);
}

function lastHeaders(res: NodeResponse, headers: Answer['headers']): Answer['headers'] {
  if (!('stream' in res)) return { ...headers, connection: 'close' };
  closeSession(res.stream.session);
  return headers;
}
