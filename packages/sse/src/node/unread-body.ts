import { constants } from 'node:http2';
import type { NodeRequest, NodeResponse } from './node-exchange.js';

/** How long a client has to read an answer that came before its body was sent, in ms. */
const patience = 1_000;

/** Whether more of the body is to come than was read. */
export function hasUnreadBody(req: NodeRequest): boolean {
  if (req.complete || req.readableEnded) return false;
  if ('stream' in req) return !req.stream.endAfterHeaders;
  return 'transfer-encoding' in req.headers || Number(req.headers['content-length'] ?? 0) > 0;
}

/**
 * Ends a response to a request of which nobody reads the rest: Node would read it to its end, gigabytes if need be. The
 * connection goes, but a moment later: a client that is cut off while it sends loses the answer, too.
 */
export function endUnread(res: NodeResponse, body: string | undefined): void {
  if ('stream' in res) {
    const { stream } = res;
    res.once('finish', () => {
      stream.close(constants.NGHTTP2_NO_ERROR);
    });
    if (body === undefined) res.end();
    else res.end(body);
    return;
  }
  if (body === undefined) res.flushHeaders();
  else res.write(body);
  const end = setTimeout(() => {
    res.end();
  }, patience).unref();
  res.once('close', () => {
    clearTimeout(end);
  });
}
