import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { createEmulator } from '@whisul-rx/emulator';
import { listen as listenEmulator } from '@whisul-rx/emulator/node';
import { expect, it, onTestFinished } from 'vitest';
import workerd from 'workerd';
import { guideModule } from '../guide-module.js';
import { eventsOf, StreamReader } from '../read-stream.js';

/** Every request that the worker makes goes to the emulator, whatever its URL: nothing of the example is changed. */
const config = (apiPort: string): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "api", external = (address = "127.0.0.1:${apiPort}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-06-01",
  bindings = [(name = "WHISUL_API_KEY", text = "guide-key")],
  globalOutbound = "api",
);
`;

/** Serves a module on workerd, the runtime of Cloudflare Workers; gives its URL. */
async function serveWorker(
  stdin: { contents: string; resolveDir: string },
  apiUrl = 'http://127.0.0.1:9',
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-worker-'));
  await build({
    stdin,
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    // As Cloudflare's own bundler does it.
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    logLevel: 'error',
  });
  await writeFile(join(folder, 'config.capnp'), config(new URL(apiUrl).port));
  const child = spawn(workerd, ['serve', '--control-fd=1', 'config.capnp'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill();
    await exited;
    await rm(folder, { recursive: true });
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, port } = Object(JSON.parse(line));
    if (event === 'listen') return `http://127.0.0.1:${String(port)}`;
  }
  throw new Error('The worker has not begun.');
}

it('streams from Cloudflare Workers: a viewer that leaves takes nothing of another with it', async () => {
  const emulator = createEmulator({ apiKey: 'guide-key', jobDuration: 3_000 });
  const api = await listenEmulator(emulator);
  onTestFinished(async () => {
    await api.close();
    emulator.close();
  });
  await guideModule('// sessions.ts', 'sessions');
  const example = await guideModule('// worker.ts', 'worker');
  const url = await serveWorker({ contents: await readFile(example, 'utf8'), resolveDir: dirname(example) }, api.url);

  const owner = { cookie: 'session=tea-time' };
  const body = '{"prompt":"rain on a tin roof"}';
  const init = { method: 'POST', headers: { ...owner, 'content-type': 'application/json' }, body };
  const started = await fetch(`${url}/jobs`, init);
  expect(started.status).toBe(202);
  const { job_id, events_url } = Object(await started.json());
  const stream = (headers: object) =>
    fetch(`${url}${String(events_url)}`, { headers: { ...headers, accept: 'text/event-stream' } });
  for (const stranger of [{ cookie: 'session=coffee-time' }, { cookie: 'session=x' }, {}]) {
    expect((await stream(stranger)).status).toBe(403);
  }

  const [leaving, staying, another] = await Promise.all([stream(owner), stream(owner), stream(owner)]);
  const reader = new StreamReader(leaving);
  expect((await reader.event())?.id).toBe(`${String(job_id)}:running`);
  await reader.cancel();
  const ends = [`${String(job_id)}:running`, `${String(job_id)}:completed`, 'end'];
  expect(await Promise.all([eventsOf(staying), eventsOf(another)])).toEqual([ends, ends]);
});

it('keeps the heartbeats of toSseResponse when the first viewer leaves', async () => {
  const contents = `
    import { toSseResponse } from '@whisul-rx/sse/server';
    import { NEVER } from 'rxjs';
    export default { fetch: () => toSseResponse(NEVER, { heartbeat: 80 }) };`;
  const url = await serveWorker({ contents, resolveDir: fileURLToPath(new URL('../', import.meta.url)) });
  const [leaving, staying] = [new StreamReader(await fetch(url)), new StreamReader(await fetch(url))];
  for (const reader of [leaving, staying]) expect(await reader.next()).toEqual({ retry: 2_000 });
  await leaving.cancel();
  for (let count = 0; count < 20; count += 1) expect((await staying.next())?.comment).toBeDefined();
  await staying.cancel();
});
