import { describe, expect, test } from 'vitest';
import { createEmulator, type Emulator } from '../create-emulator.js';
import type { Fault } from './fault.js';

const base = 'http://emulator.local/api';
const headers = { authorization: 'Bearer any' };

async function submit(emulator: Emulator, prompt: string, path = '/generate'): Promise<number> {
  const body = JSON.stringify({ prompt });
  return (await emulator.fetch(base + path, { method: 'POST', headers, body })).status;
}

async function ask(emulator: Emulator, path: string): Promise<number> {
  return (await emulator.fetch(base + path, { headers })).status;
}

const status = (code: number): Extract<Fault, { type: 'status' }> => ({ type: 'status', status: code });

describe('which requests a fault hits', () => {
  test('any call of the API, once, when nothing is said; never a file', async () => {
    const emulator = createEmulator();
    emulator.script(status(500));
    expect((await emulator.fetch('http://emulator.local/songs/x.wav')).status).toBe(404);
    expect([await ask(emulator, '/jobs/x'), await ask(emulator, '/jobs/x')]).toEqual([500, 404]);
  });

  test('as many as times says, after as many as skip says', async () => {
    const emulator = createEmulator();
    emulator.script({ ...status(503), times: 2, skip: 1 });
    const seen = [];
    for (let i = 0; i < 5; i += 1) seen.push(await ask(emulator, '/jobs/x'));
    expect(seen).toEqual([404, 503, 503, 404, 404]);
    emulator.script({ ...status(502), times: Infinity });
    for (let i = 0; i < 5; i += 1) expect(await ask(emulator, '/jobs/x')).toBe(502);
  });

  test('in script order; a request that is let pass may be hit by a later fault', async () => {
    const emulator = createEmulator();
    emulator.script({ ...status(501), skip: 1 });
    emulator.script(status(502));
    emulator.script(status(503));
    const seen = [];
    for (let i = 0; i < 4; i += 1) seen.push(await ask(emulator, '/jobs/x'));
    expect(seen).toEqual([502, 501, 503, 404]);
  });

  test('by method, path and pattern', async () => {
    const emulator = createEmulator();
    emulator.script({ ...status(501), method: 'post' });
    emulator.script({ ...status(502), path: '/jobs/a' });
    emulator.script({ ...status(503), path: '/api/jobs/b' });
    emulator.script({ ...status(504), path: /jobs\/c$/g, times: 2 });
    emulator.script({ ...status(505), path: '/songs/x.wav' });
    for (const path of ['/jobs/a', '/jobs/b', '/jobs/c', '/jobs/c', '/jobs/d']) await ask(emulator, path);
    await submit(emulator, 'a song');
    await emulator.fetch('http://emulator.local/songs/x.wav');
    expect(emulator.requests.map((log) => log.status)).toEqual([502, 503, 504, 504, 404, 501, 505]);
  });

  test('by job, and by prompt both the submit and the polls', async () => {
    const emulator = createEmulator();
    await submit(emulator, 'one');
    await submit(emulator, 'two');
    const [one, two] = [...emulator.jobs.keys()];
    emulator.script({ ...status(501), job: two ?? '' });
    emulator.script({ ...status(502), prompt: 'one', times: 2 });
    expect(await ask(emulator, `/jobs/${one}`)).toBe(502);
    expect(await ask(emulator, `/jobs/${two}`)).toBe(501);
    expect([await submit(emulator, 'two'), await submit(emulator, 'one', '/compose')]).toEqual([202, 502]);
  });

  test.each<[field: string, fault: unknown]>([
    ['type', null],
    ['type', 'status'],
    ['type', {}],
    ['type', { type: 'nope' }],
    ['type', { type: 'toString' }],
    ['times', { ...status(500), times: 0 }],
    ['times', { ...status(500), times: NaN }],
    ['times', { ...status(500), times: 1.5 }],
    ['skip', { ...status(500), skip: 0.5 }],
    ['skip', { ...status(500), skip: -1 }],
    ['method', { ...status(500), method: 7 }],
    ['path', { ...status(500), path: {} }],
    // None of these could ever match.
    ['path', { ...status(500), path: '' }],
    ['path', { ...status(500), path: 'generate' }],
    ['path', { ...status(500), path: '/jobs/x?y' }],
    ['path', { ...status(500), path: '/jobs/x#y' }],
    ['method', { ...status(500), method: '' }],
    ['job', { ...status(500), job: '' }],
    ['prompt', { ...status(500), prompt: '' }],
    ['skip', { ...status(500), skip: Infinity }],
    ['status', { type: 'status' }],
    ['status', status(100)],
    ['status', status(600)],
    ['status', status(404.5)],
    ['status', { type: 'status', status: '500' }],
    ['status', { type: 'html', status: 42 }],
    ['status', { type: 'html', status: 204 }],
    ['status', { type: 'redirect', location: '/', status: 300 }],
    ['body', { ...status(500), body: 1n }],
    ['retryAfter', { ...status(429), retryAfter: 'snow ☃' }],
    ['retryAfter', { ...status(429), retryAfter: 'café' }],
    ['retryAfter', { ...status(429), retryAfter: '1\r\nx: y' }],
    ['headers', { ...status(429), headers: { 'two words': 'x' } }],
    ['headers', { ...status(429), headers: { 'x-mood': 'snow ☃' } }],
    ['location', { type: 'redirect' }],
    ['location', { type: 'redirect', location: '/☃' }],
    ['ms', { type: 'delay' }],
    ['ms', { type: 'delay', ms: NaN }],
    ['ms', { type: 'delay', ms: -1 }],
    ['ms', { type: 'delay', ms: Infinity }],
    ['part', { type: 'reset', part: 'head' }],
    ['after', { type: 'hang', after: 'all' }],
    ['fields', { type: 'fields' }],
    ['fields', { type: 'fields', fields: 'all' }],
    ['error', { type: 'fail', error: 7 }],
  ])('the %s of %o is refused by name when it is scripted', (field, fault) => {
    const { script } = createEmulator();
    const refusal = expect(() => Reflect.apply(script, undefined, [fault]));
    refusal.toThrow(RangeError);
    refusal.toThrow(`A fault's ${field} must be `);
  });

  test.each<[names: string, fault: unknown]>([
    ['jobs', { ...status(500), jobs: 'x' }],
    ['Method, promt', { ...status(500), Method: 'POST', promt: 'a song' }],
    ['location', { type: 'reset', location: '/' }],
  ])('names it does not have (%s) are refused, not ignored: it would hit any call', (names, fault) => {
    const { script } = createEmulator();
    const refusal = expect(() => Reflect.apply(script, undefined, [fault]));
    refusal.toThrow(RangeError);
    refusal.toThrow(`has no ${names}.`);
  });

  test.each<[seen: string, fault: unknown]>([
    ['{"a":1}', { ...status(500), path: { a: 1 } }],
    ['"generate"', { ...status(500), path: 'generate' }],
    ['Infinity', { ...status(500), skip: Infinity }],
    ['undefined', { type: 'status' }],
    ['[object Object]', { type: 'fields', fields: { big: 1n } }],
  ])('a refusal shows what it was given: %s', (seen, fault) => {
    const { script } = createEmulator();
    expect(() => Reflect.apply(script, undefined, [fault])).toThrow(`, not ${seen}.`);
  });
});
