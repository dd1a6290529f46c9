/** What the platform's fetch rejects with when a connection breaks: the reason's code is on the cause. */
export function connectionError(code: 'ECONNRESET' | 'ECONNREFUSED', message: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
}
