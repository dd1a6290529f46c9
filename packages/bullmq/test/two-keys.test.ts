import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { Redis } from 'ioredis';
import { lastValueFrom, toArray } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { testRedis } from './redis.js';

const redis = testRedis();
const keys = ['wsl_the_first_secret', 'wsl_the_second_secret'];

it('two keys on one server share nothing, and neither ever gets there', async () => {
  const client = new Redis(redis.url);
  const monitor = await client.monitor();
  const commands: string[] = [];
  monitor.on('monitor', (_time: string, words: string[]) => commands.push(words.join(' ')));
  onTestFinished(() => {
    monitor.disconnect();
    client.disconnect();
  });
  const emulator = createEmulator({ jobDuration: 100 });
  // An answer that repeats the key, as some servers do.
  const body = { error: `Not for ${keys.join(' and ')}` };
  emulator.script({ method: 'POST', prompt: 'refused', type: 'status', status: 400, body, times: 2 });
  /** Which keys have asked for each job, and have sent each prompt. */
  const users = new Map<string, string[]>();
  const runs = keys.map(async (apiKey) => {
    const whisul = createWhisul({
      apiKey,
      baseUrl: 'http://emulator.local/api',
      async fetch(input, init) {
        const request = new Request(input, init);
        const what = request.method === 'POST' ? await request.clone().text() : request.url;
        users.set(what, [...(users.get(what) ?? []), request.headers.get('authorization') ?? '']);
        return emulator.fetch(request);
      },
    });
    const engine = createBullmqEngine({ whisul, connection: redis.url, schedule: fixedSchedule(20) });
    onTestFinished(() => engine.close());
    const told: string[] = [];
    engine.events$.subscribe((event) => told.push(JSON.stringify(event)));
    const events$ = engine.batch$(['a song', 'refused'], { name: 'album' });
    const ends = (await lastValueFrom(events$.pipe(toArray()))).map((event) =>
      event.type === 'problem' ? event.error.code : event.job.status,
    );
    return { told, ends };
  });
  const [first, second] = await Promise.all(runs);
  for (const run of [first, second]) {
    expect(run?.ends).toEqual(expect.arrayContaining(['invalid_request', 'completed']));
  }
  const jobs = [...users].filter(([what]) => what.startsWith('http'));
  expect(jobs.map(([, names]) => new Set(names).size)).toEqual([1, 1]);
  const posts = [...users].filter(([what]) => !what.startsWith('http')).map(([, names]) => [...names].sort());
  const each = keys.map((key) => `Bearer ${key}`);
  expect(posts).toEqual([each, each]);
  expect(commands.length).toBeGreaterThan(20);
  const everything = [...commands, ...(first?.told ?? []), ...(second?.told ?? [])];
  expect(everything.filter((text) => keys.some((key) => text.includes(key)))).toEqual([]);
});
