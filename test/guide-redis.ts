import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** The Redis server of the programs of guides that read `REDIS_URL`, with the settings that the guides ask for. */
export class GuideRedis {
  #server: Promise<{ child: ChildProcess; port: number; folder: string }> | undefined;
  #databases = 0;

  /** The address of a database that no other program has. The first call starts the server. */
  async url(): Promise<string> {
    const database = this.#databases++;
    const { port } = await (this.#server ??= start());
    return `redis://127.0.0.1:${port}/${database}`;
  }

  async stop(): Promise<void> {
    const server = await this.#server;
    if (!server) return;
    const ended = once(server.child, 'exit');
    server.child.kill('SIGKILL');
    await ended;
    await rm(server.folder, { recursive: true });
  }
}

async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'whisul-guide-redis-'));
  // Below the ports that the system gives to others.
  const port = randomInt(10_000, 32_000);
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const settings = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--save', ''];
  const child = spawn('redis-server', [...place, ...settings], { stdio: 'ignore' });
  const failed = once(child, 'error').then(([error]: unknown[]) => Promise.reject(new Error(String(error))));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`redis-server on port ${port} has ended.`)));
  for (const end of [failed, ended]) end.catch(() => undefined);
  await Promise.race([failed, ended, untilAnswered(port)]);
  return { child, port, folder };
}

async function untilAnswered(port: number): Promise<void> {
  while (true) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    await setTimeout(20);
  }
}
