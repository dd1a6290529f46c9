// An engine on a Redis of its own. Node only: its driver and its queue are.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { fixedSchedule } from '@whisul-rx/core';
import { lastValueFrom } from 'rxjs';
import { expectEqual } from '../anywhere/expect-equal.mjs';
import { openClient } from '../anywhere/open-client.mjs';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilItAnswers(port) {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const [event] = await Promise.race(
      ['connect', 'error'].map((name) => new Promise((resolve) => socket.once(name, () => resolve([name])))),
    );
    socket.destroy();
    if (event === 'connect') return;
    await setTimeout(20);
  }
}

const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-redis-'));
const port = await freePort();
const settings = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--save', ''];
const redis = spawn('redis-server', ['--port', port, '--bind', '127.0.0.1', '--dir', folder, ...settings]);
try {
  await untilItAnswers(port);
  const { whisul, emulator, close } = openClient();
  const connection = `redis://127.0.0.1:${port}`;
  const engines = [1, 2].map(() => createBullmqEngine({ whisul, connection, schedule: fixedSchedule(50) }));
  const { job_id } = await whisul.submit('a suite');
  const ends = await Promise.all(engines.map((engine) => lastValueFrom(engine.job$(job_id))));
  expectEqual(
    ends.map(({ status }) => status),
    ['completed', 'completed'],
    'a job that two members follow',
  );
  expectEqual((await lastValueFrom(engines[1].generate$('a gigue'))).status, 'completed', 'a job of the cluster');
  expectEqual(emulator.jobs.size, 2, 'paid jobs');
  await Promise.all(engines.map((engine) => engine.close()));
  close();
} finally {
  redis.kill();
  await once(redis, 'exit');
  await rm(folder, { recursive: true });
}
