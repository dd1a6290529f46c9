import type { Answer } from '../server/answer.js';
import { isGone, writeHead, writeStreamHead, type NodeRequest, type NodeResponse } from './node-exchange.js';
import { NodeOutlet } from './node-outlet.js';

/** Writes an answer to a response of Node. A client that has gone meanwhile gets nothing. */
export function writeAnswer(answer: Answer, req: NodeRequest, res: NodeResponse): void {
  const { feed } = answer;
  if (isGone(res)) {
    feed?.close();
    return;
  }
  try {
    if (feed === undefined) writeHead(res, answer.status, answer.headers);
    else writeStreamHead(res, answer.headers);
  } catch (error) {
    // Somebody has answered already: this connection is not ours.
    feed?.close();
    throw error;
  }
  if (feed !== undefined) feed.open(new NodeOutlet(res, feed));
  else if (req.method === 'HEAD' || answer.body === undefined) res.end();
  else res.end(answer.body);
}
