import { badOption, objectOption, optionNames } from '@whisul-rx/core/adapter';

/** Which other origins may use the gateway from their pages. */
export interface CorsOptions {
  /** One origin, several, or `'*'` for any. */
  origin: string | string[];
  /**
   * Lets pages send cookies. Not together with `'*'` or `'null'` (which every sandboxed frame has for its origin): that
   * would lend every user's rights to every site.
   * @default false
   */
  credentials?: boolean;
  /**
   * Headers that pages may send, beside `authorization`, `content-type` and `last-event-id`: those that your page gives
   * `createSseSource`, such as `x-csrf-token`.
   * @default []
   */
  headers?: string[];
}

function isListOf(pattern: RegExp, value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string' && pattern.test(entry));
}

/** @throws WhisulError `invalid_request` that names the option */
export function readCorsOptions(options: CorsOptions | undefined): CorsOptions | undefined {
  const cors = objectOption('cors', options);
  if (cors === undefined) return undefined;
  optionNames(cors, { origin: 1, credentials: 1, headers: 1 });
  const { origin, credentials, headers = [] } = cors;
  if (typeof origin !== 'string' && !isListOf(/^/, origin))
    throw badOption('cors.origin', 'an origin or a list of origins');
  if (typeof (credentials ?? false) !== 'boolean') throw badOption('cors.credentials', 'true or false');
  if (!isListOf(/^[\w!#$%&'*+.^`|~-]+$/, headers)) throw badOption('cors.headers', 'a list of names of headers');
  const open = ['*', 'null'].find((name) => [origin].flat().includes(name));
  if (credentials === true && open !== undefined) {
    throw badOption('cors.origin', `a list of origins when credentials are allowed; '${open}' would let every site in`);
  }
  return cors;
}

function allows(options: CorsOptions, wanted: string): boolean {
  return typeof options.origin === 'string' ? options.origin === wanted : options.origin.includes(wanted);
}

/** The headers of an answer to a page of `origin`; `Vary` is said even to origins that get nothing. */
export function corsHeaders(options: CorsOptions | undefined, origin: string | null): Record<string, string> {
  if (options === undefined) return {};
  if (allows(options, '*'))
    return { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' };
  if (origin === null || !allows(options, origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'retry-after',
    ...(options.credentials === true ? { 'access-control-allow-credentials': 'true' } : {}),
  };
}

/** What a preflight is told beside {@link corsHeaders}. */
export function preflightHeaders(options: CorsOptions | undefined, methods: string): Record<string, string> {
  if (options === undefined) return {};
  return {
    'access-control-allow-methods': methods,
    'access-control-allow-headers': ['authorization', 'content-type', 'last-event-id', ...(options.headers ?? [])].join(
      ', ',
    ),
    'access-control-max-age': '600',
  };
}
