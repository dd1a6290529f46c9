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
