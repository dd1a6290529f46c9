import { Buffer, isUtf8 } from 'node:buffer';
import { Observable } from 'rxjs';
import type { RequestBody } from '../server/requests/gateway-request.js';
import type { NodeRequest } from './node-exchange.js';

/**
 * The text of a body. A decoder that mends what is not UTF-8 would have a prompt paid for that nobody wrote.
 *
 * @throws when it is not UTF-8
 */
export function bodyText(bytes: Buffer): RequestBody {
  if (!isUtf8(bytes)) throw new Error('The body is not UTF-8.');
  return { kind: 'text', text: new TextDecoder().decode(bytes) };
}

/**
 * Reads a body up to a limit. What is over it, or comes after unsubscribing, stays unread: an iterator that is left early
 * would destroy the connection together with the answer.
 */
export function nodeBody$(req: NodeRequest, limit: number): Observable<RequestBody> {
  return new Observable((subscriber) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (body: RequestBody): void => {
      subscriber.next(body);
      subscriber.complete();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.byteLength;
      if (size <= limit) chunks.push(chunk);
      else settle({ kind: 'too large' });
    };
    const finish = (): void => {
      try {
        settle(bodyText(Buffer.concat(chunks)));
      } catch (error) {
        subscriber.error(error);
      }
    };
    const fail = (): void => {
      subscriber.error(new Error('The body was cut off.'));
    };
    // A body that a middleware has read, and kept, says nothing any more.
    if (req.readableEnded) {
      settle({ kind: 'used' });
      return undefined;
    }
    if (req.destroyed) {
      fail();
      return undefined;
    }
    req.on('end', finish).on('error', fail).on('close', fail).on('data', take);
    return () => {
      req.off('data', take).off('end', finish).off('error', fail).off('close', fail).pause();
    };
  });
}
