import { abort$ } from '@whisul-rx/core/adapter';
import { Observable, of } from 'rxjs';
import type { GatewayRequest, RequestBody } from '../requests/gateway-request.js';

async function readText(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<RequestBody> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let size = 0;
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { kind: 'text', text: text + decoder.decode() };
    size += value.byteLength;
    if (size > limit) return { kind: 'too large' };
    text += decoder.decode(value, { stream: true });
  }
}

function text$(body: ReadableStream<Uint8Array>, limit: number, onUnread: () => void): Observable<RequestBody> {
  return new Observable((subscriber) => {
    const reader = body.getReader();
    let isRead = false;
    readText(reader, limit).then(
      (value) => {
        isRead = value.kind === 'text';
        subscriber.next(value);
        subscriber.complete();
      },
      (error: unknown) => {
        subscriber.error(error);
      },
    );
    return () => {
      if (isRead) return;
      reader.cancel().catch(() => undefined);
      onUnread();
    };
  });
}

/** A web `Request` as the gateway reads it. */
export function webRequest(request: Request): GatewayRequest {
  const { signal } = request;
  const wasUsed = request.bodyUsed;
  let own = request;
  // A body ends when all of its copies are cancelled.
  const endOther = (): void => {
    if (own !== request && !request.bodyUsed) request.body?.cancel().catch(() => undefined);
  };
  return {
    method: request.method,
    // With its origin, as a proxy sends it: taking a long URL apart is what a stranger must not be able to ask for.
    target: request.url,
    header: (name) => request.headers.get(name),
    toRequest: () => {
      // `authorize` may read the body too, and gets the very object: hosts add properties to it.
      if (own === request && request.body !== null && !request.bodyUsed) own = request.clone();
      return request;
    },
    body$: (limit) => {
      if (wasUsed || own.bodyUsed || own.body?.locked === true) return of<RequestBody>({ kind: 'used' });
      return own.body === null ? of<RequestBody>({ kind: 'text', text: '' }) : text$(own.body, limit, endOther);
    },
    isGone: () => signal.aborted,
    gone$: abort$(signal),
  };
}
