import { createWhisul, type WhisulOptions } from '@whisul-rx/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBaseUrl, resolvePollUrl } from '../src/http/base-url.js';
import { accepted, completed, running } from './answers.js';
import { byMethod, inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { watch } from './watch.js';

useVirtualTime();

const client = (script: Script, options: WhisulOptions = {}) =>
  scriptedClient(script, { baseUrl: 'https://api.test/v1', ...options });

const offBase: readonly string[] = [
  'https://evil.test/v1/jobs/a',
  '//evil.test/v1/jobs/a',
  'http://api.test/v1/jobs/a',
  'https://api.test:444/v1/jobs/a',
  'https://api.test.evil.test/v1/jobs/a',
  'https://api.test@evil.test/v1/jobs/a',
  'https://user:pass@api.test/v1/jobs/a',
  'https://api.test/jobs/a',
  'https://api.test/v10/jobs/a',
  '/../jobs/a',
  '/../../jobs/a',
  '/%2e%2e/jobs/a',
  '../jobs/a',
  '\\\\evil.test\\jobs\\a',
  'https:\\\\evil.test\\v1\\jobs\\a',
  'http://',
  'https://',
  '://',
  'javascript:alert(1)',
  'data:,a',
  'file:///jobs/a',
  '',
  ' ',
  '/',
  '\u0000',
  'ftp://api.test/v1/jobs/a',
  '/jobs/b',
  '/jobs/',
  '/jobs/a/../b',
  '/generate',
];

describe('J14: the key goes only below the base URL', () => {
  it.each(offBase)('the poll_url %j is replaced, with a warning', async (poll_url) => {
    const { api, whisul, events } = client(byMethod(inTurn(accepted('a', { poll_url })), inTurn(completed)));
    watch(whisul.generate$('a song'));
    await seconds(10);
    expect(api.gets.map(({ url }) => url)).toEqual(['https://api.test/v1/jobs/a']);
    expect(events.values.filter(({ type }) => type === 'warning').length).toBeGreaterThanOrEqual(1);
    const direct = client(inTurn(completed));
    watch(direct.whisul.job$({ job_id: 'a', poll_url }));
    await seconds(10);
    expect(direct.api.requests.map(({ url }) => url)).toEqual(['https://api.test/v1/jobs/a']);
    expect(direct.events.values.some(({ type }) => type === 'warning')).toBe(true);
  });

  it.each([42, null, {}, ['/jobs/a']])('a poll_url that is %j costs no paid id', async (poll_url) => {
    const { api, whisul } = client(byMethod(inTurn(accepted('a', { poll_url })), inTurn(completed)));
    await expect(whisul.submit('a song')).resolves.toMatchObject({ job_id: 'a', poll_url: '/jobs/a' });
    watch(whisul.job$('a'));
    await seconds(10);
    expect(api.gets.map(({ path }) => path)).toEqual(['/v1/jobs/a']);
  });

  it('no poll_url whatever leads off the base URL', () => {
    const part = fc.constantFrom(
      '/',
      '//',
      '\\',
      '..',
      '.',
      '%2e',
      '%2f',
      'jobs',
      'a',
      ':',
      '@',
      '?',
      '#',
      'evil.test',
      'https:',
      'api.test',
      'v1',
      ' ',
      '\t',
      '\n',
    );
    const url = fc.oneof(
      fc.webUrl(),
      fc.string(),
      fc.array(part).map((parts) => parts.join('')),
    );
    const base = parseBaseUrl('https://api.test/v1');
    fc.assert(
      fc.property(url, (poll_url) => {
        const meant = resolvePollUrl(base, 'a', poll_url);
        if (meant === undefined) return;
        const { origin, pathname, username } = new URL(meant);
        expect([origin, username, pathname.startsWith('/v1/')]).toEqual(['https://api.test', '', true]);
        expect(decodeURIComponent(pathname.split('/').at(-1) ?? '')).toBe('a');
      }),
      { numRuns: 3_000 },
    );
  });

  it('ids stay one path segment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), async (id) => {
        fc.pre(id !== '.' && id !== '..');
        const { api, whisul } = client(inTurn(completed));
        const job = watch(whisul.job$({ job_id: id }));
        await seconds(1);
        const [request] = api.requests;
        const { origin, pathname, search, hash } = new URL(request?.url ?? 'none:');
        expect([origin, search, hash]).toEqual(['https://api.test', '', '']);
        expect(pathname.split('/').slice(0, 3)).toEqual(['', 'v1', 'jobs']);
        expect(pathname.split('/')).toHaveLength(4);
        expect(decodeURIComponent(pathname.split('/')[3] ?? '')).toBe(id);
        expect(job.values).toMatchObject([{ job_id: id }]);
      }),
      { numRuns: 60 },
    );
  });

  it('`../generate` is an id like any other', async () => {
    const { api, whisul } = client(inTurn(completed));
    watch(whisul.job$('../generate'));
    await seconds(1);
    expect(api.requests[0]?.url).toBe('https://api.test/v1/jobs/..%2Fgenerate');
  });

  it('base URLs with and without a slash, a path, a port', async () => {
    for (const [baseUrl, expected] of [
      ['https://api.test', 'https://api.test/jobs/a'],
      ['https://api.test/', 'https://api.test/jobs/a'],
      ['http://127.0.0.1:8080/a/b/', 'http://127.0.0.1:8080/a/b/jobs/a'],
    ] as const) {
      const { api, whisul } = client(inTurn(completed), { baseUrl });
      watch(whisul.job$('a'));
      await seconds(1);
      expect(api.requests[0]?.url).toBe(expected);
    }
  });

  it('the key is a bearer token; a function is asked before each request', async () => {
    let n = 0;
    const { api, whisul } = client(inTurn(running, completed), { apiKey: () => `sk-${(n += 1)}` });
    watch(whisul.job$('a'));
    await seconds(10);
    expect(api.requests.map(({ headers }) => new Headers(headers).get('authorization'))).toEqual([
      'Bearer sk-1',
      'Bearer sk-2',
    ]);
  });

  it('fetch is told not to follow redirects and not to store', async () => {
    const calls: RequestInit[] = [];
    const whisul = createWhisul({
      apiKey: 'sk-test',
      fetch: async (_, init = {}) => {
        calls.push(init);
        return new Response(JSON.stringify(init.method === 'POST' ? accepted('a').body : completed.body));
      },
    });
    await whisul.submit('a song');
    await whisul.getJob('a');
    expect(calls).toMatchObject([
      { method: 'POST', redirect: 'manual', body: '{"prompt":"a song"}' },
      { method: 'GET', redirect: 'manual', cache: 'no-store' },
    ]);
    expect(new Headers(calls[0]?.headers).get('content-type')).toMatch(/^application\/json/);
    expect(calls[1]).not.toHaveProperty('body');
  });
});
