import { describe, expect, it } from 'vitest';
import { redactCause } from '../http/redact.js';
import { isTransient } from './failure.js';
import { isNeverSent } from './never-sent.js';
import { isRefusal, isSafeToRepeat } from './refusal.js';
import { WhisulError } from './whisul-error.js';

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

  it.each(['ETIMEDOUT', 'ECONNRESET', 'EACCES', 'EPERM'])('goes by the call that failed with %s', (code) => {
    expect(isNeverSent(native(code, 'connect'))).toBe(true);
    expect(isNeverSent(nodeFetch(code, 'connect'))).toBe(true);
    for (const syscall of ['read', 'write']) {
      expect(isNeverSent(native(code, syscall))).toBe(false);
      expect(isNeverSent(nodeFetch(code, syscall))).toBe(false);
    }
    expect(isNeverSent({ code })).toBe(false);
  });

  it.each(['getaddrinfo', 'queryA', 'queryAaaa'])('believes the resolver: %s', (syscall) => {
    for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT']) {
      expect(isNeverSent(native(code, syscall))).toBe(true);
      expect(isNeverSent(nodeFetch(code, syscall))).toBe(true);
    }
  });

  it('believes an error of several addresses if it could connect to none', () => {
    const connect = native('ETIMEDOUT', 'connect').cause;
    const refused = native('ECONNREFUSED', 'connect').cause;
    const all = (...errors: Error[]) => Object.assign(new AggregateError(errors, ''), { code: 'ETIMEDOUT' });
    expect(isNeverSent(all(connect, refused))).toBe(true);
    expect(isNeverSent({ cause: all(connect, refused) })).toBe(true);
    expect(isNeverSent(redactCause(new TypeError('fetch failed', { cause: all(connect, refused) }), 'sk'))).toBe(true);
    expect(isNeverSent(all(connect, native('ETIMEDOUT', 'read').cause))).toBe(false);
    // node-fetch keeps an empty message and the first code.
    const kept = Object.assign(new Error('request to http://two.example/ failed, reason: '), { code: 'ETIMEDOUT' });
    expect(isNeverSent(kept)).toBe(true);
  });

  it.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'HOSTNAME_MISMATCH',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UND_ERR_PRX_TLS',
  ])('believes that a certificate was refused, for good: %s', (code) => {
    const error = Object.assign(new Error('no'), { code });
    for (const cause of [error, new TypeError('fetch failed', { cause: error })]) {
      const failed = new WhisulError('network', 'It failed.', { cause: redactCause(cause, 'sk-0123456789') });
      expect([isNeverSent(failed), isTransient(failed), isSafeToRepeat(failed), isRefusal(failed)]).toEqual([
        true,
        false,
        false,
        true,
      ]);
    }
  });

  it.each([
    ['UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error', true],
    ['ERR_PROXY_TUNNEL', 'Failed to establish tunnel: HTTP/1.1 407 Proxy Authentication Required', true],
    ['UND_ERR_ABORTED', 'Proxy response (407) !== 200 when HTTP Tunneling', true],
    ['UND_ERR_INVALID_ARG', 'Proxy Authentication Required (407)', true],
    ['UND_ERR_ABORTED', 'Request aborted', false],
    ['UND_ERR_SOCKET', 'other side closed', false],
    ['ECONNRESET', 'Client network socket disconnected before secure TLS connection was established', false],
    ['ECONNRESET', 'request to https://127.0.0.1/ failed, reason: socket hang up', false],
    ['EPROTO', 'request to https://127.0.0.1/ failed, reason: write EPROTO 80AC:error:0A00010B:wrong version', false],
  ])('%s, "%s": %s', (code, message, never) => {
    expect(isNeverSent(Object.assign(new Error(message), { code }))).toBe(never);
  });

  it('goes by the first code along the chain of causes', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', cause: { code: 'ECONNREFUSED' } });
    expect(isNeverSent(reset)).toBe(false);
    expect(isNeverSent({ code: 'network', cause: { code: 'ENOTFOUND', syscall: 'getaddrinfo' } })).toBe(true);
  });

  it('believes the platform fetch that a proxy refused, below an error whose code is a number', () => {
    const refused = Object.assign(new Error('Proxy response (407) !== 200 when HTTP Tunneling'), {
      code: 'UND_ERR_ABORTED',
    });
    const cancelled = Object.assign(new Error('Request was cancelled.', { cause: refused }), { code: 0 });
    const failed = new TypeError('fetch failed', { cause: cancelled });
    expect([isNeverSent(failed), isNeverSent(redactCause(failed, 'sk-0123456789'))]).toEqual([true, true]);
  });

  it.each([undefined, null, 'ECONNREFUSED', {}, { code: 5 }, { cause: {} }])('knows nothing of %j', (error) => {
    expect(isNeverSent(error)).toBe(false);
  });
});
