import { isWhisulError, type WhisulError } from '@whisul-rx/core';
import { Redis } from 'ioredis';
import { catchError, firstValueFrom, lastValueFrom, type Observable, of } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { localCluster } from './local-cluster.js';
import { startRedis } from './redis.js';

/** What an operator does to a server that has worked so far. */
type Change = (client: Redis, otherPort: number) => Promise<unknown>;

const refusals: readonly (readonly [string, Change, RegExp])[] = [
  ['is full', (client) => client.config('SET', 'maxmemory', '1'), /Redis is full.*Give it more memory.*OOM/],
  ['cannot save a snapshot', failToSave, /cannot save to its disk.*Free its disk.*MISCONF/],
  [
    'has become a replica',
    (client, otherPort) => client.replicaof('127.0.0.1', otherPort),
    /read-only replica\. Connect to the primary.*READONLY/,
  ],
];

/** The name of its snapshot is the folder of its log, so that it cannot be written. */
async function failToSave(client: Redis): Promise<void> {
  await client.config('SET', 'save', '3600 1');
  await client.bgsave();
  while (!(await client.info('persistence')).includes('rdb_last_bgsave_status:err'));
}

async function errorOf(stream$: Observable<unknown>): Promise<WhisulError> {
  const end = await lastValueFrom(stream$.pipe(catchError((error: unknown) => of(error))));
  if (!isWhisulError(end)) throw new Error(`This is no error: ${JSON.stringify(end)}`);
  return end;
}

it.for(refusals)('a Redis that %s is an `engine` error that says what to do', async ([, change, advice]) => {
  const server = await startRedis('--dbfilename', 'appendonlydir');
  onTestFinished(() => server.remove());
  const client = new Redis(server.url);
  onTestFinished(() => {
    client.disconnect();
  });
  const cluster = localCluster(server.url);
  const web = cluster.engine({ worker: false });
  const worker = cluster.engine();
  await firstValueFrom(worker.generate$('while all is well'));
  await firstValueFrom(web.job$([...cluster.emulator.jobs.keys()][0] ?? ''));
  // Nothing listens on port 1; a replica is as read-only without its primary.
  await change(client, 1);
  // Of engines that were connected before, and of one that comes now.
  for (const engine of [web, worker, cluster.engine()]) {
    for (const stream$ of [engine.generate$('a song'), engine.job$('abc')]) {
      const { code, message } = await errorOf(stream$);
      expect([code, message]).toEqual(['engine', expect.stringMatching(advice)]);
    }
  }
  expect(cluster.posts()).toBe(1);
});
