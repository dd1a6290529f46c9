import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { freePort } from '@whisul-rx/test-support/free-port';
import { expect, it, onTestFinished, vi } from 'vitest';
import { completed, FakeEngine, running } from '../fake-engine.js';
import { listen } from '../listen.js';
import { StreamReader } from '../read-stream.js';

/** An nginx with Debian's defaults (buffering is on) in front of a port. */
async function startNginx(upstream: number): Promise<string> {
  const found = spawnSync('nginx', ['-v'], { env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` } });
  if (found.error !== undefined) {
    throw new Error('This test needs nginx on the PATH. On Debian: apt-get install -y nginx-light');
  }
  const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-nginx-'));
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
     events {}
     http {
       access_log off;
       ${bodies.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
       server { listen 127.0.0.1:${String(port)}; location / { proxy_pass http://127.0.0.1:${String(upstream)}; } }
     }`,
  );
  const nginx = spawn('nginx', ['-c', config, '-e', join(folder, 'error.log')], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
  });
  const exited = new Promise((resolve) => nginx.once('exit', resolve));
  onTestFinished(async () => {
    nginx.kill();
    await exited;
    await rm(folder, { recursive: true });
  });
  return `http://127.0.0.1:${String(port)}`;
}

it('brings the first event through nginx before the second is sent', async () => {
  const engine = new FakeEngine();
  const { port } = await listen(createNodeJobsHandler(engine, { authorize: 'public' }));
  const url = await startNginx(port);
  engine.job('a').next(running('a'));
  const headers = { accept: 'text/event-stream' };
  const response = await vi.waitUntil(() => fetch(`${url}/jobs/a`, { headers }).catch(() => undefined), {
    timeout: 10_000,
  });
  const reader = new StreamReader(response);
  expect((await reader.event())?.id).toBe('a:running');
  engine.job('a').next(completed('a'));
  expect((await reader.rest()).map(({ id }) => id)).toEqual(['a:completed', 'end']);
  const leaving = new StreamReader(await fetch(`${url}/jobs/b?x`, { headers }));
  await leaving.next();
  expect(engine.live).toBe(1);
  await leaving.cancel();
  await vi.waitUntil(() => engine.live === 0, { timeout: 7_000 });
});
