/** Which other origins a page may read job streams from. */
export interface CorsOptions {
  /** One origin, several, or `'*'` for any. */
  origin: string | string[];
  /**
   * Lets pages send cookies. Not together with `'*'`: that would lend every user's rights to every site.
   * @default false
   */
  credentials?: boolean;
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
    'access-control-allow-headers': 'authorization, content-type, last-event-id',
    'access-control-max-age': '600',
  };
}
