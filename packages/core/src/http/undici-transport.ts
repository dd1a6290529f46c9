import type { Dispatcher } from 'undici';
import { optionNames } from '../model/option-names.js';
import { badOption, numberOption, objectOption } from '../model/option.js';
import type { Transport, TransportRequest } from './transport.js';
import { undiciAgent } from './undici-agent.js';
import { UndiciExchange } from './undici-exchange.js';

/** How {@link undiciTransport} connects. */
export interface UndiciTransportOptions {
  /** Connections to the API at the same time. @defaultValue 32, as many as the budget of a client allows */
  readonly connections?: number;
  /** Requests in flight on one connection. Use more than 1 only if the server supports it. @defaultValue 1 */
  readonly pipelining?: number;
  /**
   * The undici dispatcher that sends the requests, such as a `ProxyAgent`. It decides about connections and
   * pipelining, so those two options cannot be given beside it. You close it: the `close()` of the transport does not.
   */
  readonly dispatcher?: Dispatcher;
}

/** A {@link Transport} that owns connections. */
export type UndiciTransport = Transport & {
  /** Closes the connections when the requests in flight are answered. It does not close a `dispatcher` that you gave. */
  close(): Promise<void>;
};

/**
 * A fast transport for servers: it calls undici without `fetch`, and takes a seventh of the CPU time of global `fetch`
 * for each request. Install the package `undici` (7) as well. Works on Node and Deno; Bun replaces undici, so it is
 * refused there.
 *
 * @throws WhisulError `invalid_request` for a bad option, and on Bun
 * @example
 * ```ts
 * import { createWhisul } from '@whisul-rx/core';
 * import { undiciTransport } from '@whisul-rx/core/undici';
 *
 * const transport = undiciTransport();
 * const whisul = createWhisul({ transport });
 * // at the end: whisul.close(); await transport.close();
 * ```
 *
 * Through a proxy:
 *
 * ```ts
 * import { undiciTransport } from '@whisul-rx/core/undici';
 * import { ProxyAgent } from 'undici';
 *
 * const transport = undiciTransport({ dispatcher: new ProxyAgent('http://proxy.example:8080') });
 * ```
 */
export function undiciTransport(options: UndiciTransportOptions = {}): UndiciTransport {
  const { connections, pipelining, dispatcher: given } = objectOption('options', options);
  optionNames(options, { connections: 1, pipelining: 1, dispatcher: 1 });
  if (given !== undefined && typeof objectOption('dispatcher', given).dispatch !== 'function') {
    throw badOption('dispatcher', 'an undici Dispatcher');
  }
  for (const [name, value] of Object.entries({ connections, pipelining })) {
    if (given !== undefined && value !== undefined) throw badOption(name, 'left out beside `dispatcher`');
  }
  const agent = undiciAgent({
    connections: numberOption('connections', connections, 32, 1),
    pipelining: numberOption('pipelining', pipelining, 1, 1),
  });
  const dispatcher: Dispatcher = given ?? agent.dispatcher;
  const locate = createLocator();
  let underWay = 0;

  const send: Transport = (request) =>
    new Promise((resolve, reject) => {
      const { origin, path } = locate(request.url);
      let unlisten: (() => void) | undefined = undefined;
      let aborted: Error | undefined;
      underWay += 1;
      const exchange = new UndiciExchange({ resolve, reject }, (connected) => {
        underWay -= 1;
        unlisten?.();
        // Nobody is left to wait for the connections that are being made.
        if (aborted !== undefined && !connected && underWay === 0) agent.stopConnecting(aborted);
      });
      unlisten = onAbort(request, (reason) => {
        aborted = reason;
        exchange.abort(reason);
      });
      if (aborted !== undefined) return;
      const call = {
        origin,
        path,
        method: request.method,
        // Nothing here decodes, and without this header every coding will do (RFC 9110, 12.5.3).
        headers: { ...request.headers, 'accept-encoding': 'identity' },
        body: request.body ?? null,
        // The client's `requestTimeout` is the one that counts.
        headersTimeout: 0,
        bodyTimeout: 0,
      };
      dispatcher.dispatch(call, exchange);
    });
  return Object.assign(send, { close: () => agent.dispatcher.close() });
}

/** Listens for the abort of a request, which may have happened; the function that comes back ends that. */
function onAbort(request: TransportRequest, abort: (reason: Error) => void): (() => void) | undefined {
  if (request.onAbort !== undefined) {
    request.onAbort(() => {
      abort(abortError());
    });
    return undefined;
  }
  const { signal } = request;
  const listener = () => {
    const reason: unknown = signal.reason;
    abort(reason instanceof Error ? reason : abortError());
  };
  if (signal.aborted) {
    listener();
    return undefined;
  }
  signal.addEventListener('abort', listener);
  return () => {
    signal.removeEventListener('abort', listener);
  };
}

function abortError(): Error {
  return Object.assign(new Error('The request was aborted.'), { name: 'AbortError', code: 'ABORT_ERR' });
}

/** Takes URLs apart. A client asks for one origin all its life, and its paths are what they look like. */
function createLocator(): (url: string) => { origin: string; path: string } {
  let known = '';
  return (url) => {
    if (known !== '' && url.startsWith(known)) {
      const path = url.slice(known.length);
      // Nothing that a URL would write in another way: no dots, no escapes.
      if (/^\/[\w/-]*$/.test(path)) return { origin: known, path };
    }
    const { origin, pathname, search } = new URL(url);
    known = origin;
    return { origin, path: pathname + search };
  };
}
