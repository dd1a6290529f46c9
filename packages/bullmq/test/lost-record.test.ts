import { createBullmqEngine } from '@whisul-rx/bullmq';
import { type BatchEvent, createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { testRedis } from './redis.js';
import { eventually } from './start-member.js';

const redis = testRedis();

/** A cluster whose next answer to a POST waits. */
function clusterWithOpenPost() {
  const emulator = createEmulator({ jobDuration: 50 });
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const whisul = createWhisul({
    apiKey: 'any',
    baseUrl: 'http://emulator.local/api',
    async fetch(input, init) {
      const response = await emulator.fetch(input, init);
      if (init?.method === 'POST') await answered;
      return response;
    },
  });
  const account = randomUUID();
  const engine = (worker: boolean) => {
    const opened = createBullmqEngine({
      whisul,
      connection: redis.url,
      account,
      worker,
      schedule: fixedSchedule(20),
    });
    onTestFinished(() => opened.close());
    return opened;
  };
  const client = new Redis(redis.url);
  onTestFinished(() => {
    client.disconnect();
    emulator.close();
  });
  const posts = () => emulator.requests.filter(({ method }) => method === 'POST').length;
  return { engine, answer, posts, client };
}

function run(engine: ReturnType<typeof createBullmqEngine>): string[] {
  const seen: string[] = [];
  const word = (event: BatchEvent) => (event.type === 'problem' ? event.error.code : event.job.status);
  engine.batch$(['only once'], { name: 'album' }).subscribe({
    next: (event) => seen.push(word(event)),
    error: (error: unknown) => seen.push(String(error)),
    complete: () => seen.push('end'),
  });
  return seen;
}

it.for([
  // As a server does that evicts what it has no room for, or somebody who cleans the queue.
  { what: 'whose submit record is lost', key: '' },
  // As happens to a worker that is held up for longer than its lock: another one takes its record over.
  { what: 'whose worker is taken for dead', key: ':lock' },
])('B5: a named batch $what while its POST is open pays nothing twice, and finds the job later', async ({ key }) => {
  const { engine, answer, posts, client } = clusterWithOpenPost();
  const worker = engine(true);
  run(engine(false));
  await eventually('the POST is open', () => posts() === 1);
  const records = await client.keys(`bull:${worker.queueName}:s-*`);
  const record = records.find((name) => !name.endsWith(':lock')) ?? '';
  expect(await client.del(record + key)).toBe(1);

  const second = run(engine(false));
  await eventually('the batch has ended', () => posts() > 1 || second.includes('end'));
  expect(second).toEqual(['submit_unknown', 'end']);
  expect(posts()).toBe(1);

  // The worker still has the answer: the paid job is not lost with its record.
  answer();
  const later = engine(false);
  let third: string[];
  do {
    third = run(later);
    await eventually('the batch has ended', () => third.includes('end'));
  } while (third.includes('submit_unknown'));
  expect(third).toContain('completed');
  expect(posts()).toBe(1);
});
