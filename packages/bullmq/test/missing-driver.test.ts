import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const own = join(import.meta.dirname, '..');
const drivers = new Set(['ioredis', 'pg', 'redis']);
const program = `
  import { createBullmqEngine } from '@whisul-rx/bullmq';
  import { createWhisul } from '@whisul-rx/core';

  const whisul = createWhisul({ apiKey: 'any' });
  const engine = createBullmqEngine({ whisul, connection: process.argv[2], worker: false });
  engine.generate$('a song').subscribe({
    async error({ code, message }) {
      await engine.close();
      whisul.close();
      console.log(JSON.stringify([code, message]));
    },
  });
`;

let folder = '';

/** An application that has installed everything except a driver. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whisul-driverless-'));
  const modules = join(folder, 'node_modules');
  const ownCopy = join(modules, '@whisul-rx', 'bullmq');
  await mkdir(ownCopy, { recursive: true });
  for (const part of ['dist', 'package.json']) await cp(join(own, part), join(ownCopy, part), { recursive: true });
  const bullmq = await realpath(join(own, 'node_modules', 'bullmq'));
  await cp(bullmq, join(modules, 'bullmq'), { recursive: true });
  // What a package needs stands beside it.
  for (const beside of [dirname(bullmq), join(own, 'node_modules')]) {
    for (const name of await readdir(beside)) {
      if (name.startsWith('.') || name.startsWith('@') || drivers.has(name)) continue;
      await symlink(await realpath(join(beside, name)), join(modules, name)).catch(() => undefined);
    }
  }
  await symlink(await realpath(join(own, 'node_modules', '@whisul-rx', 'core')), join(modules, '@whisul-rx', 'core'));
  await writeFile(join(folder, 'program.mjs'), program);
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['redis://127.0.0.1:1', 'ioredis'],
  ['postgres://127.0.0.1:1/any', 'pg'],
])('without the driver of %s, the `engine` error says which package to install', async (url, driver) => {
  // Package managers name folders of their own in NODE_PATH, where the drivers are.
  const env = { ...process.env, NODE_PATH: '' };
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'program.mjs'), url], { env });
  const said: unknown = JSON.parse(stdout);
  expect(said).toEqual(['engine', expect.stringContaining(`Run: npm install ${driver}`)]);
});
