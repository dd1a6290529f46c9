import type { TransportRequest } from './transport.js';

/** The signal of a {@link LazyRequest}, as a property of its own, so that a transport may spread the request. */
const signalProperty = {
  enumerable: true,
  get(this: LazyRequest) {
    return this.controller().signal;
  },
};

/** A transport's request whose signal is made when it is asked for: making one costs more than the rest of a poll. */
export class LazyRequest implements TransportRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Record<string, string>;
  declare readonly body?: string;
  declare readonly signal: AbortSignal;
  #controller: AbortController | undefined;

  constructor({ method, url, body }: { method: 'GET' | 'POST'; url: string; body?: string }, key: string) {
    this.method = method;
    this.url = url;
    this.headers = { accept: 'application/json', authorization: `Bearer ${key}` };
    if (body !== undefined) {
      this.headers['content-type'] = 'application/json';
      this.body = body;
    }
    Object.defineProperty(this, 'signal', signalProperty);
  }

  controller(): AbortController {
    return (this.#controller ??= new AbortController());
  }

  abort(): void {
    this.controller().abort();
  }
}
