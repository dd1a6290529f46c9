import { defer, fromEvent, of, take } from 'rxjs';
import type { GatewayRequest, RequestBody } from './gateway-request.js';

async function readText(body: ReadableStream<Uint8Array>, limit: number): Promise<RequestBody> {
  const reader = body.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let size = 0;
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { kind: 'text', text: text + decoder.decode() };
    size += value.byteLength;
    if (size > limit) {
      await reader.cancel();
      return { kind: 'too large' };
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** A web `Request` as the gateway reads it. */
export function webRequest(request: Request): GatewayRequest {
  const { pathname, search } = new URL(request.url);
  const { signal } = request;
  let own = request;
  return {
    method: request.method,
    target: pathname + search,
    header: (name) => request.headers.get(name),
    toRequest: () => {
      // Whoever authorizes may read the body too, and gets the very object: hosts hang things on it.
      if (request.body !== null && !request.bodyUsed) own = request.clone();
      return request;
    },
    readBody: async (limit) => {
      if (own.body === null) return { kind: 'text', text: '' };
      const body = await readText(own.body, limit);
      if (body.kind === 'too large' && own !== request && !request.bodyUsed) await request.body?.cancel();
      return body;
    },
    isGone: () => signal.aborted,
    gone$: defer(() => (signal.aborted ? of(undefined) : fromEvent(signal, 'abort').pipe(take(1)))),
  };
}
