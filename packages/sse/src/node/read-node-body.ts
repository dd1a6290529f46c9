import { Buffer, isUtf8 } from 'node:buffer';
import type { RequestBody } from '../server/gateway-request.js';
import type { NodeRequest } from './node-exchange.js';

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
      const bytes = Buffer.concat(chunks);
      if (isUtf8(bytes)) resolve({ kind: 'text', text: new TextDecoder().decode(bytes) });
      else reject(new Error('The body is not UTF-8.'));
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
