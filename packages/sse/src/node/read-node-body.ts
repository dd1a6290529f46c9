import { Buffer, isUtf8 } from 'node:buffer';
import type { RequestBody } from '../server/gateway-request.js';
import type { NodeRequest } from './node-exchange.js';

/** The text of a body. A decoder that mends what is not UTF-8 would have a prompt paid for that nobody wrote. */
export function bodyText(bytes: Buffer): Promise<RequestBody> {
  if (!isUtf8(bytes)) return Promise.reject(new Error('The body is not UTF-8.'));
  return Promise.resolve({ kind: 'text', text: new TextDecoder().decode(bytes) });
}

/**
 * Reads a body up to a limit. What is over it is discarded unread, and the connection stays usable: an iterator that
 * is left early would destroy it together with the answer.
 */
export function readNodeBody(req: NodeRequest, limit: number): Promise<RequestBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.byteLength;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      settle();
      req.resume();
      resolve({ kind: 'too large' });
    };
    const finish = (): void => {
      settle();
      resolve(bodyText(Buffer.concat(chunks)));
    };
    const fail = (): void => {
      settle();
      reject(new Error('The body was cut off.'));
    };
    const settle = (): void => {
      req.off('data', take).off('end', finish).off('error', fail).off('close', fail);
    };
    if (req.readableEnded || req.destroyed) {
      fail();
      return;
    }
    req.on('end', finish).on('error', fail).on('close', fail).on('data', take);
  });
}
