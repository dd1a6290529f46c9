import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { errorOf } from './error-of.js';
import { localCluster } from './local-cluster.js';
import { startRedis } from './redis.js';

it.concurrent.for([0, 1])(
  'a Redis with %i free connections is an `engine` error for who comes, and leaves the others alone',
  { timeout: 60_000 },
  async (free, { onTestFinished }) => {
    const server = await startRedis();
    onTestFinished(() => server.remove());
    const cluster = localCluster(server.url, onTestFinished);
    const worker = cluster.engine();
    await firstValueFrom(worker.generate$('a song'));
    const client = new Redis(server.url);
    onTestFinished(() => {
      client.disconnect();
    });
    const used = Number(/connected_clients:(\d+)/.exec(await client.info('clients'))?.[1]);
    await client.config('SET', 'maxclients', String(used + free));

    const web = cluster.engine({ worker: false });
    const { code, message } = await errorOf(web.generate$('another one'));
    expect([code, message]).toEqual(['engine', expect.stringMatching(/no connection left.*maxclients|ECONNRESET/)]);
    expect(cluster.posts()).toBe(1);
    expect((await firstValueFrom(worker.generate$('another one'))).status).toBe('submitted');
    await client.config('SET', 'maxclients', '1000');
    expect((await firstValueFrom(web.generate$('one more'))).status).toBe('submitted');
  },
);
