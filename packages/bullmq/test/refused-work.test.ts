import { PostgresConnection } from 'bullmq';
import { Redis } from 'ioredis';
import { setTimeout } from 'node:timers/promises';
import { firstValueFrom, merge, retry } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { disguisedServer } from './disguised-server.js';
import { errorOf } from './error-of.js';
import { localCluster } from './local-cluster.js';
import { startPostgres } from './postgres.js';
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

it('a worker that found no free connection of Postgres works as soon as there is one', async () => {
  const server = await startPostgres('max_connections=8', 'superuser_reserved_connections=0', 'max_wal_senders=0');
  onTestFinished(() => server.remove());
  const hogs = new PostgresConnection({ connectionString: server.url, max: 4 });
  const held = await Promise.all(Array.from({ length: 4 }, () => hogs.pool.connect()));
  // Four are left: enough for all of an engine but its worker. When a pool of it takes one more, the stream says that none is left.
  const cluster = localCluster(server.url);
  const state = firstValueFrom(
    cluster
      .engine()
      .generate$('a song')
      .pipe(retry({ delay: 100 })),
  );
  await setTimeout(2_000);
  expect(cluster.posts()).toBe(0);
  for (const client of held) client.release();
  await hogs.close();
  expect([(await state).status, cluster.posts()]).toEqual(['submitted', 1]);
});

it('a Postgres that goes away while an engine looks at it is an `engine` error, and ends no process', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.remove());
  // T begins the answer to a query.
  const url = await disguisedServer(onTestFinished, server.url, (said) => (said.startsWith('T') ? undefined : said));
  const { code, message } = await errorOf(localCluster(url).engine().generate$('a song'));
  expect([code, message]).toEqual(['engine', expect.stringMatching(/Connection terminated/)]);
});
