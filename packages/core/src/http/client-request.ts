import type { ApiCall } from './api.js';
import type { TransportRequest } from './transport.js';

/** A property of the request's own, so that a transport may spread the request. */
const signalProperty = {
  enumerable: true,
  get(this: ClientRequest) {
    return this.controller().signal;
  },
};

/** A transport's request. Its signal is made when it is read: that takes 6.5 us, about as much as the rest of a poll. */
export class ClientRequest implements TransportRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Record<string, string>;
  declare readonly body?: string;
  declare readonly signal: AbortSignal;
  #controller: AbortController | undefined;
  readonly #listeners: (() => void)[] = [];
  #aborted = false;

  constructor({ method, url, body }: Pick<ApiCall<unknown>, 'method' | 'url' | 'body'>, key: string) {
    this.method = method;
    this.url = url;
    this.headers = { accept: 'application/json', authorization: `Bearer ${key}` };
    if (body !== undefined) {
      this.headers['content-type'] = 'application/json';
      this.body = body;
    }
    Object.defineProperty(this, 'signal', signalProperty);
  }

  onAbort(listener: () => void): void {
    if (this.#aborted) listener();
    else this.#listeners.push(listener);
  }

  controller(): AbortController {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort();
    return this.#controller;
  }

  abort(): void {
    this.#aborted = true;
    for (const listener of this.#listeners) listener();
    this.#controller?.abort();
  }
}
