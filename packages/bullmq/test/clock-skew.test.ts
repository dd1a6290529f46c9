import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { randomUUID } from 'node:crypto';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul } from '@whisul-rx/core';
import { newsOf } from '../src/jobs/poll-record.js';
import { testRedis } from './redis.js';
import { eventually, startMember } from './start-member.js';

const redis = testRedis();

it('a failure of the polling is never older than the states, whatever the clock of the follower says', () => {
  vi.spyOn(Date, 'now').mockReturnValue(0);
  expect(newsOf({ failure: 'broken' }, 'any')).toMatchObject({ n: Infinity });
});

it('a record that is lost and begun again by a worker whose clock is behind: no state and no end is lost', async () => {
  let late = 0;
  const emulator = createEmulator({ jobDuration: 600_000, now: () => Date.now() + late });
  const api = await listen(emulator);
  onTestFinished(async () => {
    emulator.close();
    await api.close();
  });
  const options = { connection: redis.url, account: randomUUID() };
  const whisul = createWhisul({ apiKey: 'test', baseUrl: api.url });
  const { job_id } = await whisul.submit('a song');
  const web = createBullmqEngine({ ...options, whisul, worker: false });
  onTestFinished(() => web.close());
  const first = await startMember(onTestFinished, { ...options, baseUrl: api.url });
  const seen: string[] = [];
  web.job$(job_id).subscribe({
    next: ({ status }) => seen.push(status),
    error: (error: unknown) => seen.push(String(error)),
  });
  await eventually('it runs', () => seen.length === 1);
  await first.kill();
  const client = new Redis(redis.url);
  onTestFinished(() => {
    client.disconnect();
  });
  await client.flushall();
  // Its events connection is what tells the follower that it may have missed something.
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await startMember(onTestFinished, { ...options, baseUrl: api.url, clock: -60_000 });
  const asked = emulator.requests.length;
  await eventually('it is polled again', () => emulator.requests.length > asked + 2, 60_000);
  late += 600_000;
  await eventually('it has ended', () => seen.length > 1);
  expect(seen).toEqual(['running', 'completed']);
}, 120_000);
