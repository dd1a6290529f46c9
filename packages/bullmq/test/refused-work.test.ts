import { Redis } from 'ioredis';
import { setTimeout } from 'node:timers/promises';
import { firstValueFrom, merge } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { localCluster } from './local-cluster.js';
import { startRedis } from './redis.js';

it('a worker does not storm a server that refuses to hand out work', async () => {
  const server = await startRedis();
  onTestFinished(() => server.remove());
  const cluster = localCluster(server.url);
  const engine = cluster.engine();
  const jobs = merge(...(await cluster.startJobs(20)).map((id) => engine.job$(id))).subscribe({
    error: () => undefined,
  });
  onTestFinished(() => {
    jobs.unsubscribe();
  });
  await firstValueFrom(engine.generate$('a song'));
  const client = new Redis(server.url);
  onTestFinished(() => {
    client.disconnect();
  });
  // Nothing listens on port 1; a replica is as read-only without its primary.
  await client.replicaof('127.0.0.1', 1);
  const refusals = async (): Promise<number> =>
    Number(/errorstat_READONLY:count=(\d+)/.exec(await client.info('errorstats'))?.[1] ?? 0);
  const before = await refusals();
  await setTimeout(3_000);
  const count = (await refusals()) - before;
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(100);
});
