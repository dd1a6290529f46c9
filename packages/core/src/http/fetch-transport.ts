import { defaultFetch } from './default-fetch.js';
import type { Transport } from './transport.js';

/**
 * A transport on `fetch`: the caller's, else cross-fetch. In Node cross-fetch is node-fetch, whose quirks end here:
 * its body is no web stream (only `text()` is used), it loses the reason of an abort (the client knows why it
 * aborted), and its errors have their `code` on themselves where the platform's have it on their `cause` (the reader
 * of codes walks the whole chain).
 */
export function fetchTransport(fetch: typeof globalThis.fetch = defaultFetch): Transport {
  return ({ method, url, headers, body, signal }) =>
    fetch(url, {
      method,
      headers,
      signal,
      redirect: 'manual',
      cache: 'no-store',
      ...(body === undefined ? {} : { body }),
    });
}
