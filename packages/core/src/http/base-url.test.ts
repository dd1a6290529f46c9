import { describe, expect, it } from 'vitest';
import { parseBaseUrl, pollPath, resolvePollUrl } from './base-url.js';

describe('parseBaseUrl', () => {
  it.each([
    ['https://whisul.com/api', 'https://whisul.com', '/api'],
    ['https://whisul.com/api//', 'https://whisul.com', '/api'],
    [' https://whisul.com ', 'https://whisul.com', ''],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080', ''],
    ['https://whisul.com:443/v1/api/', 'https://whisul.com', '/v1/api'],
  ])('%s', (given, origin, path) => {
    expect(parseBaseUrl(given)).toEqual({ origin, path });
  });

  it.each([
    '',
    'whisul.com/api',
    '/api',
    'ftp://whisul.com',
    'file:///etc',
    'javascript:alert(1)',
    'https://',
    'https://user@whisul.com',
    'https://:secret@whisul.com',
    'https://whisul.com/api?x=1',
    'https://whisul.com/api#x',
    undefined,
    null,
    7,
    {},
  ])('refuses %j', (given) => {
    expect(() => parseBaseUrl(given)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});

describe('pollPath', () => {
  it.each([
    ['abc', '/jobs/abc'],
    ['../generate', '/jobs/..%2Fgenerate'],
    ['a b?c#d', '/jobs/a%20b%3Fc%23d'],
    ['ü', '/jobs/%C3%BC'],
  ])('of %s is one segment', (id, path) => {
    expect(pollPath(id)).toBe(path);
  });
});

describe('resolvePollUrl', () => {
  const base = parseBaseUrl('https://whisul.com/api');

  it.each([
    ['/jobs/abc', 'https://whisul.com/api/jobs/abc'],
    ['/v2/jobs/abc', 'https://whisul.com/api/v2/jobs/abc'],
    ['jobs/abc', 'https://whisul.com/api/jobs/abc'],
    ['https://whisul.com/api/jobs/abc', 'https://whisul.com/api/jobs/abc'],
    ['/jobs/%61bc', 'https://whisul.com/api/jobs/%61bc'],
    ['/jobs/abc?view=full', 'https://whisul.com/api/jobs/abc?view=full'],
    ['/jobs/abc#part', 'https://whisul.com/api/jobs/abc'],
  ])('%s is followed', (given, url) => {
    expect(resolvePollUrl(base, 'abc', given)).toBe(url);
  });

  it.each([
    'https://elsewhere.test/api/jobs/abc',
    'http://whisul.com/api/jobs/abc',
    'https://whisul.com:8443/api/jobs/abc',
    'https://user:pass@whisul.com/api/jobs/abc',
    '//elsewhere.test/api/jobs/abc',
    '/\\elsewhere.test/jobs/abc',
    '/\t/elsewhere.test/jobs/abc',
    '@elsewhere.test/jobs/abc',
    '/..%2f..%2fadmin/abc',
    '/jobs//abc',
    '\\\\elsewhere.test/api/jobs/abc',
    'https://whisul.com/jobs/abc',
    'https://whisul.com/api-internal/jobs/abc',
    '/../jobs/abc',
    '/jobs/../../admin/abc',
    '/%2e%2e/jobs/abc',
    '/jobs/other',
    '/jobs/abc/',
    '/jobs/%E0%A4%A',
    'https://[broken/jobs/abc',
    '',
  ])('%j is not', (given) => {
    expect(resolvePollUrl(base, 'abc', given)).toBeUndefined();
  });
});
