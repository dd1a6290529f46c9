import { type BullmqEngine } from '@whisul-rx/bullmq';
import { type BatchEvent, createWhisul, type JobState, WhisulError } from '@whisul-rx/core';
import { Job } from 'bullmq';
import { Redis } from 'ioredis';
import type { Observable } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { localCluster } from './local-cluster.js';
import { testRedis } from './redis.js';
import { eventually } from './start-member.js';

const redis = testRedis();

function openClient(): Redis {
  const client = new Redis(redis.url);
  onTestFinished(() => {
    client.disconnect();
  });
  return client;
}

/** The keys of the records of submits, or of polls, without those of their locks. */
async function recordsOf(client: Redis, { queueName }: BullmqEngine, kind: 's' | 'g'): Promise<string[]> {
  return (await client.keys(`bull:${queueName}:${kind}-*`)).filter((key) => !key.endsWith(':lock'));
}

function seenOf(stream$: Observable<BatchEvent | JobState>): string[] {
  const seen: string[] = [];
  stream$.subscribe({
    next: (told) =>
      seen.push('status' in told ? told.status : told.type === 'problem' ? told.error.code : told.job.status),
    error: (error: unknown) => seen.push(String(error)),
    complete: () => seen.push('end'),
  });
  return seen;
}

it('B5: a worker that is held up before its mark takes no id from the batch', async () => {
  const cluster = localCluster(redis.url);
  const client = openClient();
  const { updateData } = Job.prototype;
  let goOn: (() => void) | undefined;
  vi.spyOn(Job.prototype, 'updateData').mockImplementationOnce(async function (this: Job, data: unknown) {
    await new Promise<void>((resolve) => (goOn = resolve));
    await updateData.call(this, data);
  });
  const worker = cluster.engine();
  const caller = cluster.engine({ worker: false });
  caller.batch$(['only once'], { name: 'album' }).subscribe({ error: () => undefined });
  await eventually('the worker is held up', () => goOn !== undefined);
  // Only the cluster will know the id.
  await caller.close();
  const [record = ''] = await recordsOf(client, worker, 's');
  await client.del(`${record}:lock`);
  const isFinished = () => client.hget(record, 'finishedOn').then(Boolean);
  await vi.waitUntil(isFinished, 30_000);
  goOn?.();
  await worker.close();
  await client.del(record);

  const seen = seenOf(cluster.engine().batch$(['only once'], { name: 'album' }));
  await eventually('the batch goes on', () => seen.length > 0);
  expect(seen[0]).not.toBe('submit_unknown');
  expect(cluster.posts()).toBe(1);
});

it('a worker that is held up in a poll does not undo what others have written since', async () => {
  const cluster = localCluster(redis.url);
  const client = openClient();
  const [id = ''] = await cluster.startJobs(1);
  const whisul = createWhisul({ apiKey: 'any', baseUrl: 'http://emulator.local/api', fetch: cluster.emulator.fetch });
  let fail: (() => void) | undefined;
  vi.spyOn(whisul, 'getJob').mockImplementationOnce(
    () =>
      new Promise((_, reject) => {
        fail = () => {
          reject(new WhisulError('server_error', 'The API failed.'));
        };
      }),
  );
  const worker = cluster.engine({ whisul });
  const web = cluster.engine({ worker: false });
  const following = web.job$(id).subscribe();
  await eventually('a poll is held up', () => fail !== undefined);
  const [record = ''] = await recordsOf(client, worker, 'g');
  await client.del(`${record}:lock`);
  const asked = cluster.emulator.requests.length;
  await eventually('it is polled again', () => cluster.emulator.requests.length > asked);
  following.unsubscribe();
  const isParked = () => client.hget(record, 'data').then((data) => data?.includes('parkedUntil'));
  await vi.waitUntil(isParked, 20_000);
  fail?.();
  await worker.close();

  const before = cluster.emulator.requests.length;
  cluster.engine();
  web.job$(id).subscribe({ error: () => undefined });
  await eventually('it is polled for the new follower', () => cluster.emulator.requests.length > before);
});
