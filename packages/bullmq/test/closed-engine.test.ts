import { Queue } from 'bullmq';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { backends } from './backends.js';
import { errorOf } from './error-of.js';
import { localCluster } from './local-cluster.js';
import { testRedis } from './redis.js';

const redis = testRedis();

it('a closed engine says so, and that nothing was submitted', async () => {
  const cluster = localCluster(redis.url);
  const engine = cluster.engine();
  const [id = ''] = await cluster.startJobs(1);
  await firstValueFrom(engine.job$(id));
  await Promise.all([engine.close(), engine.close()]);
  const submit = await errorOf(engine.generate$('too late'));
  expect([submit.code, submit.message]).toEqual(['closed', 'The engine was closed. Nothing was submitted.']);
  expect((await errorOf(engine.job$('abc'))).code).toBe('closed');
  expect((await errorOf(engine.batch$(['too late']))).code).toBe('closed');
  expect((await errorOf(engine.batch$(['too late'], { name: 'album' }))).code).toBe('closed');
  expect(cluster.posts()).toBe(1);
});

it.each(backends)(
  '$name: a submit ends with an engine that is closed while it connects',
  async ({ start }) => {
    const server = await start();
    onTestFinished(() => server.remove());
    const cluster = localCluster(server.url);
    const engine = cluster.engine();
    const ended = errorOf(engine.generate$('a song'));
    await engine.close();
    expect((await ended).code).toBe('closed');
    expect(cluster.posts()).toBe(0);
  },
  120_000,
);

it('a submit that was taken back and given again is in doubt when its engine is closed', async () => {
  const cluster = localCluster(redis.url);
  const engine = cluster.engine({ worker: false });
  const queue = new Queue(engine.queueName, { connection: { url: redis.url } });
  onTestFinished(() => queue.close());
  const isWaiting = () => queue.getWaitingCount().then((count) => count === 1);
  const song$ = engine.generate$('a song');
  const first = song$.subscribe();
  await vi.waitUntil(isWaiting, 20_000);
  first.unsubscribe();
  const ended = errorOf(song$);
  const [record] = await queue.getWaiting();
  await vi.waitUntil(async () => {
    const [other] = await queue.getWaiting();
    return other !== undefined && other.timestamp !== record?.timestamp;
  }, 20_000);
  await engine.close();
  expect((await ended).code).toBe('submit_unknown');
});

it.each([null, 'album', { name: null }, { name: '' }, { name: 7 }])(
  'refuses the options %j of a batch before anything is sent',
  async (options) => {
    const cluster = localCluster(redis.url);
    const engine = cluster.engine();
    // A caller in JavaScript can give anything.
    const events$: typeof engine.events$ = Reflect.apply(engine.batch$, engine, [['a song'], options]);
    expect((await errorOf(events$)).code).toBe('invalid_request');
    expect(cluster.posts()).toBe(0);
  },
);
