// Serves the bundled worker on workerd, and follows one job of it with two viewers, the first of whom leaves.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { createSseSource } from '@whisul-rx/sse/client';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import workerd from 'workerd';
import { expectEqual } from '../anywhere/expect-equal.mjs';

/** Every request that the worker makes goes to the emulator. */
const config = (apiPort) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "api", external = (address = "127.0.0.1:${apiPort}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "bundles/worker.js")],
  compatibilityDate = "2026-06-01",
  bindings = [(name = "WHISUL_API_KEY", text = "consumer-key")],
  globalOutbound = "api",
);
`;

async function untilListening(child) {
  for await (const text of createInterface({ input: child.stdout })) {
    const { event, port } = JSON.parse(text);
    if (event === 'listen') return `http://127.0.0.1:${port}`;
  }
  throw new Error('workerd did not start.');
}

const emulator = createEmulator({ apiKey: 'consumer-key', jobDuration: 1_500 });
const api = await listen(emulator);
await writeFile('config.capnp', config(new URL(api.url).port));
const child = spawn(workerd.default ?? workerd, ['serve', '--control-fd=1', 'config.capnp'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await untilListening(child);
  const source = () => createSseSource({ url: `${url}/jobs` });
  const [leaving, staying] = [source(), source()];
  const { job_id } = await firstValueFrom(leaving.generate$('a canon'));
  const end = lastValueFrom(staying.job$(job_id));
  await firstValueFrom(leaving.job$(job_id));
  leaving.close();
  expectEqual((await end).status, 'completed', 'what the viewer who stays sees');
  expectEqual(emulator.jobs.size, 1, 'paid jobs');
  staying.close();
  expectEqual(await (await fetch(`${url}/here`)).text(), 'followed', 'a client within the worker');
} finally {
  child.kill();
  await once(child, 'exit');
  await api.close();
  emulator.close();
}
