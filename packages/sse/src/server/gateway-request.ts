import type { Observable } from 'rxjs';

/** The body of a request, as far as it was read. */
export type RequestBody =
  | { readonly kind: 'text'; readonly text: string }
  /** A framework read and parsed it before. */
  | { readonly kind: 'parsed'; readonly value: unknown }
  | { readonly kind: 'too large' };

/** A request, whatever server it came through. */
export interface GatewayRequest {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly target: string;
  /** What a router made of the target, where one did. */
  readonly handedOn?: string;
  header(name: string): string | null;
  /** The request for `authorize`. */
  toRequest(): Request;
  /** @throws when the body cannot be read or is not UTF-8 */
  readBody(limit: number): Promise<RequestBody>;
  /** Whether the client has left. */
  isGone(): boolean;
  /** Emits when the client leaves. */
  readonly gone$: Observable<unknown>;
}
