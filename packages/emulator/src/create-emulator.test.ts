import { jobSchema } from '@whisul-rx/core';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { EmulatorOptions } from './api/emulator-options.js';
import { createEmulator, type Emulator } from './create-emulator.js';

vi.setConfig({ testTimeout: 30_000 });
const base = 'http://emulator.local/api';
const key = { authorization: 'Bearer secret-key' };
const start = Date.UTC(2026, 1, 17, 15, 39, 34, 900);

function post(
  emulator: Emulator,
  body: string,
  { path = '/generate', headers = key }: { path?: string; headers?: HeadersInit } = {},
): Promise<Response> {
  return emulator.fetch(base + path, { method: 'POST', headers, body });
}

async function submit(emulator: Emulator, prompt: string): Promise<string> {
  const response = await post(emulator, JSON.stringify({ prompt }));
  const { job_id }: { job_id: string } = await response.json();
  return job_id;
}

async function getJob(emulator: Emulator, id: string) {
  const response = await emulator.fetch(`${base}/jobs/${id}`, { headers: key });
  const body: Record<string, unknown> = await response.json();
  return { status: response.status, body };
}

/** An emulator with a clock that is moved by hand. */
function withClock(options: EmulatorOptions = {}) {
  let time = start;
  const emulator = createEmulator({ jobDuration: 98_000, now: () => time, ...options });
  return { emulator, tick: (ms: number) => (time += ms) };
}

describe('POST /generate', () => {
  test.each(['/generate', '/compose'])('%s answers 202 with the documented body', async (path) => {
    const { emulator } = withClock();
    const response = await post(emulator, '{"prompt":"a relaxing lo-fi hip hop beat"}', { path });
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const body: { job_id: string } = await response.json();
    expect(body).toEqual({
      message: 'Composition task received.',
      job_id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      poll_url: `/jobs/${body.job_id}`,
    });
    expect([...emulator.jobs.keys()]).toEqual([body.job_id]);
  });

  test.each(['', '{', 'null', '[]', '"a song"', '{}', '{"prompt":""}', '{"prompt":" \\n"}', '{"prompt":7}'])(
    'the body %j is answered with 400 and makes no job',
    async (body) => {
      const { emulator } = withClock();
      const response = await post(emulator, body);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: 'Invalid input', message: expect.any(String) });
      expect(emulator.jobs.size).toBe(0);
    },
  );
});

describe('the key', () => {
  test('any Bearer key will do, none will not', async () => {
    const { emulator } = withClock();
    const id = await submit(emulator, 'a song');
    for (const headers of [
      {},
      { authorization: 'Bearer ' },
      { authorization: 'Bearer' },
      { authorization: 'Basic abc' },
    ]) {
      const answers = [await emulator.fetch(`${base}/jobs/${id}`, { headers }), await post(emulator, '{', { headers })];
      for (const answer of answers) {
        expect(answer.status).toBe(401);
        expect(await answer.json()).toEqual({ error: 'Unauthorized', message: expect.any(String) });
      }
    }
  });

  test('is not for pages: no answer of the API may be read from another origin', async () => {
    const { emulator } = withClock();
    const asking = { origin: 'https://page.example', 'access-control-request-method': 'POST' };
    const preflight = await emulator.fetch(`${base}/generate`, { method: 'OPTIONS', headers: asking });
    const answer = await post(emulator, '{"prompt":"a song"}', { headers: { ...key, ...asking } });
    expect([preflight.status, answer.status]).toEqual([401, 202]);
    for (const { headers } of [preflight, answer]) expect(headers.get('access-control-allow-origin')).toBe(null);
  });

  test('with apiKey only that one will do, and the log never holds it', async () => {
    const { emulator } = withClock({ apiKey: 'secret-key' });
    await submit(emulator, 'a song');
    await post(emulator, '{"prompt":"a song"}', { headers: { authorization: 'Bearer secret-key-2' } });
    expect(emulator.requests.map(({ authorized, status }) => [authorized, status])).toEqual([
      [true, 202],
      [false, 401],
    ]);
    expect(JSON.stringify(emulator.requests)).not.toContain('secret-key');
  });
});

describe('GET /jobs/{id}', () => {
  test('running, then completed, with the documented bodies', async () => {
    const { emulator, tick } = withClock();
    const id = await submit(emulator, 'a relaxing lo-fi hip hop beat');
    tick(97_999);
    const running = {
      status: 'running',
      prompt: 'a relaxing lo-fi hip hop beat',
      result: null,
      error: null,
      started_at: '2026-02-17 15:39:34',
    };
    expect(await getJob(emulator, id)).toEqual({ status: 200, body: running });
    tick(1);
    const { body } = await getJob(emulator, id);
    expect(body).toEqual({
      ...running,
      status: 'completed',
      result: {
        title: expect.stringMatching(/^\w+ \w+$/),
        bpm: expect.any(Number),
        duration: expect.any(Number),
        song_url: `http://emulator.local/songs/${id}.wav`,
        image_url: `http://emulator.local/art/${id}.png`,
        tags: 'relaxing, lo-fi, hip, hop, mellow',
      },
      finished_at: '2026-02-17 15:41:12',
    });
    expect(jobSchema.parse({ ...body, job_id: id })).toMatchObject({
      status: 'completed',
      finished_at: '2026-02-17T15:41:12.000Z',
    });
  });

  test('failed, with a reason', async () => {
    const { emulator, tick } = withClock({ failureRate: 1 });
    const id = await submit(emulator, 'a song');
    tick(98_000);
    const { status, body } = await getJob(emulator, id);
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'failed',
      prompt: 'a song',
      result: null,
      error: expect.stringMatching(/\.$/),
      started_at: '2026-02-17 15:39:34',
      finished_at: '2026-02-17 15:41:12',
    });
    expect((await emulator.fetch(`http://emulator.local/songs/${id}.wav`)).status).toBe(404);
  });

  test.each(['/jobs/unknown', '/jobs/..%2Fgenerate', '/jobs/%E0%A4%A', '/jobs', '/songs', '/generate'])(
    '%s is 404',
    async (path) => {
      const { emulator } = withClock();
      const response = await emulator.fetch(base + path, { headers: key });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: 'Not found', message: expect.any(String) });
    },
  );

  test('a path that does not exist says so, not that a job is unknown', async () => {
    const { emulator } = withClock();
    for (const [method, path, message] of [
      ['GET', '/jobs/unknown', /no job with this id/],
      ['GET', '/jobs', /no such path/],
      ['GET', '/jobs/a/b', /no such path/],
      ['DELETE', '/jobs/unknown', /no such path/],
      ['GET', '/generate', /no such path/],
    ] as const) {
      const response = await emulator.fetch(base + path, { method, headers: key });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: 'Not found', message: expect.stringMatching(message) });
    }
  });

  test('duration is a number of seconds and m:ss in turn; the schema reads both as the same', async () => {
    const { emulator, tick } = withClock();
    const ids = [
      await submit(emulator, 'one song'),
      await submit(emulator, 'one song'),
      await submit(emulator, 'one song'),
    ];
    tick(98_000);
    const bodies = await Promise.all(ids.map(async (id) => ({ ...(await getJob(emulator, id)).body, job_id: id })));
    const forms = bodies.map((body) => ('result' in body ? body.result : undefined));
    expect(forms).toEqual([
      expect.objectContaining({ duration: expect.any(Number) }),
      expect.objectContaining({ duration: expect.stringMatching(/^0:\d\d$/) }),
      expect.objectContaining({ duration: expect.any(Number) }),
    ]);
    const durations = bodies.map((body) => jobSchema.parse(body).result?.duration);
    expect(new Set(durations).size).toBe(1);
  });

  test('every answer is one that the schema of core reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1 }).filter((prompt) => prompt.trim() !== ''),
        fc.integer(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 200_000 }),
        async (prompt, seed, failureRate, elapsed) => {
          const { emulator, tick } = withClock({ seed, failureRate, jobDuration: [0, 150_000] });
          const id = await submit(emulator, prompt);
          tick(elapsed);
          const { body } = await getJob(emulator, id);
          const job = jobSchema.parse({ ...body, job_id: id });
          expect([job.prompt, job.status]).toEqual([prompt, body['status']]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the seed', () => {
  test('decides ids, lives and songs, whatever the order of arrival', async () => {
    const prompts = ['piano', 'techno', 'piano', 'choir'];
    const world = async (seed: number, order: string[]) => {
      const { emulator, tick } = withClock({ seed, failureRate: 0.5, jobDuration: [1_000, 90_000] });
      for (const prompt of order) await submit(emulator, prompt);
      tick(90_000);
      const jobs = [...emulator.jobs.values()].map((job) => ({ ...job, durationForm: 'by order' }));
      return jobs.sort((a, b) => a.job_id.localeCompare(b.job_id));
    };
    const one = await world(1, prompts);
    expect(await world(1, [...prompts].reverse())).toEqual(one);
    expect(await world(2, prompts)).not.toEqual(one);
  });

  test('gives every job an id of its own', async () => {
    const { emulator } = withClock();
    for (let i = 0; i < 2_000; i += 1) await submit(emulator, i % 2 ? 'the same' : `song ${i}`);
    expect(emulator.jobs.size).toBe(2_000);
  });
});

test('durations stay in their range and use it', async () => {
  const { emulator } = withClock({ jobDuration: [1_000, 2_000] });
  for (let i = 0; i < 200; i += 1) await submit(emulator, `song ${i}`);
  const durations = [...emulator.jobs.values()].map((job) => job.finishesAt - job.createdAt);
  expect(Math.min(...durations)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...durations)).toBeLessThanOrEqual(2_000);
  expect(Math.max(...durations) - Math.min(...durations)).toBeGreaterThan(800);
});

test('a job of endless duration is running for good, until a fault ends it', async () => {
  const { emulator, tick } = withClock({ jobDuration: Infinity });
  const id = await submit(emulator, 'a song');
  tick(1e12);
  expect(await getJob(emulator, id)).toMatchObject({ status: 200, body: { status: 'running', result: null } });
  expect((await emulator.fetch(`http://emulator.local/songs/${id}.wav`)).status).toBe(404);
  emulator.script({ job: id, type: 'fail' });
  expect((await getJob(emulator, id)).body).toMatchObject({ status: 'failed', finished_at: expect.any(String) });
});

test('a redirect that was followed shows on the answer, as with the platform’s fetch', async () => {
  const { emulator } = withClock();
  const id = await submit(emulator, 'a song');
  const followed = `${base}/jobs/${id}`;
  emulator.script({ path: '/jobs/old', type: 'redirect', location: `/api/jobs/${id}` });
  const direct = await emulator.fetch(`${followed}#part`, { headers: key });
  expect([direct.url, direct.redirected]).toEqual([followed, false]);
  const answer = await emulator.fetch(`${base}/jobs/old`, { headers: key });
  expect([answer.status, answer.url, answer.redirected]).toEqual([200, followed, true]);
});

test('an error inside is a 500 of the documented shape that says what it was', async () => {
  const { emulator } = withClock({ now: () => NaN });
  const id = await submit(emulator, 'a song');
  const { status, body } = await getJob(emulator, id);
  expect(status).toBe(500);
  expect(body).toEqual({ error: 'Internal server error', message: expect.stringContaining('Invalid time value') });
});

test('the log tells what was asked and answered', async () => {
  const { emulator } = withClock();
  const id = await submit(emulator, 'a song');
  await emulator.fetch(`https://elsewhere.example/api/jobs/${id}`, { headers: { ...key, 'X-Trace': '7' } });
  const common = { at: start, authorized: true, jobId: id };
  expect(emulator.requests).toEqual([
    {
      ...common,
      method: 'POST',
      origin: 'http://emulator.local',
      path: '/api/generate',
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
      body: '{"prompt":"a song"}',
      prompt: 'a song',
      status: 202,
    },
    {
      ...common,
      method: 'GET',
      origin: 'https://elsewhere.example',
      path: `/api/jobs/${id}`,
      headers: { 'x-trace': '7' },
      status: 200,
    },
  ]);
});

test.each<[name: string, options: unknown]>([
  ['options', null],
  ['options', 5],
  ['jobDuration', { jobDuration: -1 }],
  ['jobDuration', { jobDuration: NaN }],
  ['jobDuration', { jobDuration: null }],
  ['jobDuration', { jobDuration: '5' }],
  ['jobDuration', { jobDuration: ['5', '6'] }],
  ['jobDuration', { jobDuration: [5] }],
  ['jobDuration', { jobDuration: [5, 4] }],
  ['jobDuration', { jobDuration: [5, Infinity] }],
  ['failureRate', { failureRate: 1.1 }],
  ['failureRate', { failureRate: -0.1 }],
  ['failureRate', { failureRate: null }],
  ['failureRate', { failureRate: '1' }],
  ['seed', { seed: NaN }],
  ['seed', { seed: Infinity }],
  ['seed', { seed: '1' }],
  ['seed', { seed: null }],
  ['now', { now: 5 }],
  ['now', { now: null }],
  ['apiKey', { apiKey: 7 }],
  ['apiKey', { apiKey: null }],
])('%s is refused by name in %o', (name, options) => {
  const refusal = expect(() => Reflect.apply(createEmulator, undefined, [options]));
  const message: unknown = expect.stringMatching(new RegExp(`^${name} must be `));
  refusal.toThrow(expect.objectContaining({ name: 'WhisulError', code: 'invalid_request', message }));
});

test('after close() every request is refused', async () => {
  const { emulator } = withClock();
  emulator.close();
  await expect(emulator.fetch(base)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});
