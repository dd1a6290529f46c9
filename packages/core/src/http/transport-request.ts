import type { ApiCall } from './api.js';
import type { TransportRequest } from './transport.js';

/** A transport's request, and how to abort it. Its signal is made when it is read: that costs more than a poll. */
export function transportRequest(
  { method, url, body }: ApiCall<unknown>,
  key: string,
): { request: TransportRequest; abort: () => void } {
  let controller: AbortController | undefined;
  const abortController = () => (controller ??= new AbortController());
  const headers: Record<string, string> = { accept: 'application/json', authorization: `Bearer ${key}` };
  const request: TransportRequest & { body?: string } = {
    method,
    url,
    headers,
    get signal() {
      return abortController().signal;
    },
  };
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    request.body = body;
  }
  return {
    request,
    abort: () => {
      abortController().abort();
    },
  };
}
