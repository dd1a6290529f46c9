import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { localCluster } from './local-cluster.js';
import { startRedis } from './redis.js';
import { eventually } from './start-member.js';

it('a Redis that comes back empty: jobs are followed to their ends, also for processes that do not work', async () => {
  const server = await startRedis('--appendonly', 'no');
  onTestFinished(() => server.remove());
  const cluster = localCluster(server.url);
  const web = cluster.engine({ worker: false });
  cluster.engine();
  const [id = ''] = await cluster.startJobs(1);
  const statuses: string[] = [];
  web.job$(id).subscribe({
    next: ({ status }) => statuses.push(status),
    error: (error: unknown) => statuses.push(String(error)),
  });
  await eventually('it runs', () => statuses.includes('running'));
  await server.kill();
  await server.start();
  const asked = cluster.emulator.requests.length;
  await eventually('it is polled again', () => cluster.emulator.requests.length > asked + 2);
  cluster.finishJobs();
  await eventually('it has ended', () => statuses.length > 1);
  expect(statuses).toEqual(['running', 'completed']);
}, 60_000);

it('a Redis that comes back empty gets the budget again, and no other than the last that was set', async () => {
  const server = await startRedis('--appendonly', 'no');
  onTestFinished(() => server.remove());
  const cluster = localCluster(server.url);
  const { queueName } = cluster.engine({ worker: false, requestsPerSecond: 20 });
  const queue = new Queue(queueName, { connection: { url: server.url, maxRetriesPerRequest: null } });
  onTestFinished(() => queue.close());
  queue.on('error', () => undefined);
  const budgetIs = (ms: number) =>
    expect.poll(() => queue.getGlobalRateLimit(), { timeout: 20_000 }).toEqual({ max: 1, duration: ms });
  await budgetIs(50);
  await server.kill();
  await server.start();
  await budgetIs(50);
  const later = cluster.engine({ worker: false, requestsPerSecond: 10 });
  await budgetIs(100);
  await later.close();
  const client = new Redis(server.url);
  onTestFinished(() => {
    client.disconnect();
  });
  await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  // Long enough for the first engine to connect again and to look.
  await setTimeout(2_500);
  await budgetIs(100);
}, 60_000);
