import type { Observable } from 'rxjs';

/** The body of a request, as far as it was read. */
export type RequestBody =
  | { readonly kind: 'text'; readonly text: string }
  /** A framework read and parsed it before. */
  | { readonly kind: 'parsed'; readonly value: unknown }
  /** Somebody read it before, and kept it. */
  | { readonly kind: 'used' }
  | { readonly kind: 'too large' };

/** A request, whatever server it came through. */
export interface GatewayRequest {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly target: string;
  /** What a router made of the target, where one did. */
  readonly handedOn?: string;
  /** What the request shares with others of its client, where the host tells it. */
  readonly connection?: object | undefined;
  header(name: string): string | null;
  /** The request for the functions of the options: the same at each call. */
  toRequest(): Request;
  /** One body, or an error when it cannot be read or is not UTF-8. Unsubscribing stops the reading. */
  body$(limit: number): Observable<RequestBody>;
  /** Whether the client has left. */
  isGone(): boolean;
  /** Emits when the client leaves. */
  readonly gone$: Observable<unknown>;
}
