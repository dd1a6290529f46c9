/** One HTTP request, as a {@link Transport} gets it. It carries the API key in `headers`: never log it. */
export interface TransportRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /**
   * A cheaper way to hear of an abort than `signal`, which is made when it is read: calls `listener` when the request
   * is aborted, at once if it already is, and never more than once. The requests of a client have it. A request made
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
 * Sends one HTTP request: the seam below the client. It rejects with an error whose chain of causes holds the
 * platform's code (ECONNREFUSED, ENOTFOUND, ...), never follows redirects, takes no answer from a cache, and never
 * throws for a status.
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
