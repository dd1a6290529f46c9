import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, type EmulatorOptions } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { afterAll } from 'vitest';

// When the file has ended: of tests that run side by side vitest does not know which one asks for its own end.
const cleanups: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(cleanups.map((clean) => clean())));

/** An empty folder, for one test. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-cli-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An emulated API for one test, and the variables that lead to it. */
export async function startApi(options: EmulatorOptions = {}) {
  const emulator = createEmulator(options);
  const server = await listen(emulator);
  cleanups.push(async () => {
    await server.close();
    emulator.close();
  });
  return { emulator, url: server.url, env: { WHISUL_BASE_URL: server.url, WHISUL_API_KEY: 'a-secret-key' } };
}

/** Output with what differs from run to run taken out: times, ids, ports, folders. */
export function stable(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replace(/127\.0\.0\.1:\d+/g, '<host>')
    .replace(/ *\d+\.\d s/g, ' <time>')
    .replace(/\/tmp\/whisul-rx-cli-\w+/g, '<folder>');
}
