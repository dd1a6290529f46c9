const httpDate = /^[a-z]+,? .*\d\d:\d\d:\d\d( \d{4}|( gmt| utc)?)$/i;

/** Epoch ms of an HTTP date, which is always GMT, also in its form that does not say so; `NaN` for anything else. */
function parseHttpDate(value: string): number {
  return httpDate.test(value) ? Date.parse(value.replace(/( gmt| utc)?$/i, ' GMT')) : NaN;
}

/**
 * Reads `Retry-After` as RFC 9110 allows it, in seconds (also with a fraction) or as a date.
 * A date is read against the answer's own `Date` header, so that a wrong clock on either side does not matter.
 *
 * @param now - the clock, in epoch ms, for answers without a `Date`
 * @returns ms; 0 for zero, negative and past; a huge value for more digits than a number holds;
 * `undefined` when the header is absent, empty or garbage
 * @example
 * ```ts
 * import { retryAfterMs } from '@whisul-rx/core/adapter';
 *
 * const wait = retryAfterMs(new Headers({ 'retry-after': '1.5' }), Date.now()); // 1500
 * ```
 */
export function retryAfterMs(headers: { get(name: string): string | null }, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^[+-]?\d+(\.\d*)?$/.test(value)) {
    return Math.min(Math.max(0, Math.ceil(Number(value) * 1000)), Number.MAX_SAFE_INTEGER);
  }
  const moment = parseHttpDate(value);
  if (Number.isNaN(moment)) return undefined;
  const sent = parseHttpDate(headers.get('date')?.trim() ?? '');
  return Math.max(0, moment - (Number.isNaN(sent) ? now : sent));
}
