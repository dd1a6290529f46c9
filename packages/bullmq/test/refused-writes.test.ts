import { type PgPoolClient, PostgresConnection } from 'bullmq';
import { Redis } from 'ioredis';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { errorOf } from './error-of.js';
import { localCluster } from './local-cluster.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import type { TestServer } from './test-server.js';

/** What an operator does to a server that has worked so far, or what happens to it. */
interface Refusal {
  readonly what: string;
  start(): Promise<TestServer>;
  change(url: string): Promise<unknown>;
  readonly advice: RegExp;
}

function onRedis(what: string, change: (client: Redis) => Promise<unknown>, advice: RegExp): Refusal {
  return {
    what: `a Redis that ${what}`,
    start: () => startRedis('--dbfilename', 'appendonlydir'),
    async change(url) {
      const client = new Redis(url);
      await change(client);
      client.disconnect();
    },
    advice,
  };
}

/** The server tells each of its processes before it starts one for a new connection. */
async function becomeReadOnly(url: string): Promise<void> {
  const changes = ['ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()'];
  for (let setting = 'off'; setting === 'off';) {
    const connection = new PostgresConnection(url);
    for (const change of changes.splice(0)) await connection.pool.query(change);
    const { rows } = await connection.pool.query<{ setting: string }>(
      "SELECT setting FROM pg_settings WHERE name = 'default_transaction_read_only'",
    );
    setting = rows[0]?.setting ?? '';
    await connection.close();
  }
}

/** The name of its snapshot is the folder of its log, so that it cannot be written. */
async function failToSave(client: Redis): Promise<void> {
  await client.config('SET', 'save', '3600 1');
  await client.bgsave();
  while (!(await client.info('persistence')).includes('rdb_last_bgsave_status:err'));
}

/** What it answers for each row that it has no room for. */
const fail = `CREATE FUNCTION bullmq.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE 'could not extend file "base/5/2604": No space left on device' USING ERRCODE = 'disk_full';
END $$`;
const failOn = (table: string): string =>
  `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON bullmq.${table} EXECUTE FUNCTION bullmq.fail()`;

async function fillDisk(url: string): Promise<void> {
  const connection = new PostgresConnection(url);
  for (const change of [fail, ...['job', 'event', 'whisul_rx'].map(failOn)]) await connection.pool.query(change);
  await connection.close();
}

it.for<Refusal>([
  onRedis('is full', (client) => client.config('SET', 'maxmemory', '1'), /Redis is full.*Give it more memory.*OOM/),
  onRedis('cannot save a snapshot', failToSave, /cannot save to its disk.*Free its disk.*MISCONF/),
  // Nothing listens on port 1; a replica is as read-only without its primary.
  onRedis(
    'has become a replica',
    (client) => client.replicaof('127.0.0.1', 1),
    /read-only replica\. Connect to the primary.*READONLY/,
  ),
  {
    what: 'a Postgres that has become read-only',
    start: startPostgres,
    change: becomeReadOnly,
    advice: /takes no writes.*Connect to the primary.*read-only transaction/,
  },
  {
    what: 'a Postgres that has a full disk',
    start: startPostgres,
    change: fillDisk,
    advice: /disk of Postgres is full.*No space left/,
  },
])('$what is an `engine` error that says what to do', async ({ start, change, advice }) => {
  const server = await start();
  onTestFinished(() => server.remove());
  const cluster = localCluster(server.url);
  const web = cluster.engine({ worker: false });
  const worker = cluster.engine();
  await firstValueFrom(worker.generate$('while all is well'));
  await firstValueFrom(web.job$([...cluster.emulator.jobs.keys()][0] ?? ''));
  await change(server.url);
  // Of engines that were connected before, and of one that comes now.
  for (const engine of [web, worker, cluster.engine()]) {
    for (const stream$ of [engine.generate$('a song'), engine.job$('abc')]) {
      const { code, message } = await errorOf(stream$);
      expect([code, message]).toEqual(['engine', expect.stringMatching(advice)]);
    }
  }
  expect(cluster.posts()).toBe(1);
});

it('a Postgres without a free connection is an `engine` error for who comes, and lets the others wait', async () => {
  const server = await startPostgres('max_connections=60', 'superuser_reserved_connections=0');
  onTestFinished(() => server.remove());
  const cluster = localCluster(server.url);
  const worker = cluster.engine();
  const states = worker.generate$('a song');
  await firstValueFrom(states);
  const hogs = new PostgresConnection({ connectionString: server.url, max: 100 });
  const held: PgPoolClient[] = [];
  for (let isLeft = true; isLeft;) {
    isLeft = await hogs.pool.connect().then(
      (client) => held.push(client) > 0,
      () => false,
    );
  }
  const { code, message } = await errorOf(cluster.engine({ worker: false }).generate$('another one'));
  expect([code, message]).toEqual(['engine', expect.stringMatching(/no connection left.*max_connections/)]);
  expect(cluster.posts()).toBe(1);
  for (const client of held) client.release();
  await hogs.close();
  const late = cluster.engine({ worker: false });
  expect((await firstValueFrom(late.generate$('another one'))).status).toBe('submitted');
});
