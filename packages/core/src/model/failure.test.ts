import { describe, expect, it } from 'vitest';
import { isNeverSent } from './failure.js';

/** As the platform's `fetch` and undici make it. */
const native = (code: string, syscall: string) => ({
  cause: Object.assign(new Error(`${syscall} ${code}`), { code, syscall }),
});
/** As node-fetch makes it, which keeps nothing of the system call but its message. */
const nodeFetch = (code: string, syscall: string) =>
  Object.assign(new Error(`request to http://127.0.0.1/ failed, reason: ${syscall} ${code} 10.0.0.1:80`), { code });

const codes = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EHOSTDOWN', 'EADDRNOTAVAIL'];

describe('G2: isNeverSent', () => {
  it.each(codes)('believes %s of a connection that was never made', (code) => {
    expect(isNeverSent(native(code, 'connect'))).toBe(true);
    expect(isNeverSent(nodeFetch(code, 'connect'))).toBe(true);
    expect(isNeverSent({ code })).toBe(true);
  });

  it.each(codes)('does not believe %s of a connection that was there', (code) => {
    for (const syscall of ['read', 'write']) {
      expect(isNeverSent(native(code, syscall))).toBe(false);
      expect(isNeverSent(nodeFetch(code, syscall))).toBe(false);
    }
  });

  it('goes by the first code along the chain of causes', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', cause: { code: 'ECONNREFUSED' } });
    expect(isNeverSent(reset)).toBe(false);
    expect(isNeverSent({ code: 'network', cause: { code: 'ENOTFOUND', syscall: 'getaddrinfo' } })).toBe(true);
  });

  it.each([undefined, null, 'ECONNREFUSED', {}, { code: 5 }, { cause: {} }])('knows nothing of %j', (error) => {
    expect(isNeverSent(error)).toBe(false);
  });
});
