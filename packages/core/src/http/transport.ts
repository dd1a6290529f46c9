/** One HTTP request, as a {@link Transport} gets it. It carries the API key in `headers`: never log it. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /**
   * A cheaper alternative to `signal`, which is made only when it is read. Calls `listener` once when the request is
   * aborted, or at once if it already is. The requests of a client have it. A request made
   * by hand, or a copy (`{ ...request, signal }`), does not; there `signal` is the one that counts.
   */
  onAbort?(listener: () => void): void;
}

/** One HTTP answer. The client always reads `text`, so that the connection can be used again. */
export interface TransportResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/**
 * Sends one HTTP request of the client. Write one to replace `fetch`. It must not follow redirects, take an answer from
 * a cache, or reject because of a status. If the request fails, it rejects with an error that has the platform's code
 * (ECONNREFUSED, ENOTFOUND, …) in itself or in its chain of causes: this proves whether a prompt was sent.
 *
 * @example
 * ```ts
 * import { createWhisul, type Transport } from '@whisul-rx/core';
 *
 * const transport: Transport = ({ method, url, headers, body, signal }) =>
 *   fetch(url, {
 *     method,
 *     headers,
 *     signal,
 *     redirect: 'manual',
 *     cache: 'no-store',
 *     ...(body === undefined ? {} : { body }),
 *   });
 * const whisul = createWhisul({ transport });
 * ```
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;
