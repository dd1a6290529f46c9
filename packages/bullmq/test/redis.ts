import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '@whisul-rx/test-support/free-port';
import { type TestServer, testServer } from './test-server.js';

/** Starts a Redis of this test's own, with the settings that paid submits need. */
export async function startRedis(...settings: string[]): Promise<TestServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'whisul-redis-'));
  let child: ChildProcess | undefined;

  const kill = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const start = async (): Promise<void> => {
    const defaults = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--save', ''];
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
    child = spawn('redis-server', [...place, ...defaults, ...settings], { stdio: 'ignore' });
    const failed = once(child, 'error').then(([error]: unknown[]) => {
      throw new Error('The tests need redis-server on PATH. On Debian or Ubuntu: sudo apt-get install redis-server', {
        cause: error,
      });
    });
    // What answers on the port may be the server of somebody else.
    const ended = once(child, 'exit').then(([code]: unknown[]) => {
      throw new Error(`redis-server on port ${port} ended with code ${String(code)} before it was asked to.`);
    });
    ended.catch(() => undefined);
    await Promise.race([failed, ended, untilLoaded(port)]);
    failed.catch(() => undefined);
    if (child.exitCode !== null) await ended;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    async remove() {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

/** It accepts connections before it has read its files. */
async function untilLoaded(port: number): Promise<void> {
  while (!(await ping(port))) await setTimeout(20);
}

async function ping(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer]: unknown[] = await once(socket, 'data');
    return /^(\+PONG|-NOAUTH)/.test(String(answer));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The server of the tests of one file: `WHISUL_TEST_REDIS_URL`, else one of their own, which goes with them. */
export function testRedis(): { readonly url: string } {
  const url = process.env['WHISUL_TEST_REDIS_URL'];
  return url === undefined ? testServer(startRedis) : { url };
}
