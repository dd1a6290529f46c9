import { createWhisul } from '@whisul-rx/core';
import { Queue } from 'bullmq';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { localCluster } from './local-cluster.js';
import { testRedis } from './redis.js';

const redis = testRedis();

it('J9: of the pauses that several workers were told, the longest one holds for all', async () => {
  const cluster = localCluster(redis.url);
  const { emulator } = cluster;
  const [id = '', slow = '', quick = ''] = await cluster.startJobs(3);
  emulator.script({ method: 'GET', job: slow, type: 'status', status: 429, retryAfter: '4' });
  emulator.script({ method: 'GET', job: quick, type: 'status', status: 429, retryAfter: '1' });
  const [first, second] = [1, 2].map(() => {
    const whisul = createWhisul({ apiKey: 'any', baseUrl: 'http://emulator.local/api', fetch: emulator.fetch });
    const { queueName } = cluster.engine({ whisul });
    return { whisul, queueName };
  });
  const queue = new Queue(first?.queueName ?? '', { connection: { url: redis.url } });
  onTestFinished(() => queue.close());
  await vi.waitUntil(async () => (await queue.getWorkersCount()) === 2, 20_000);
  const { job$ } = cluster.engine({ worker: false });

  const until = Date.now() + 4_000;
  await first?.whisul.getJob(slow).catch(() => undefined);
  await vi.waitUntil(async () => (await queue.getRateLimitTtl()) > 0, 20_000);
  await second?.whisul.getJob(quick).catch(() => undefined);
  await firstValueFrom(job$(id));
  const [poll] = emulator.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(id));
  expect(poll?.at).toBeGreaterThanOrEqual(until);
});
