import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { expect, it } from 'vitest';
import { codeBlocks, readSource, runExample } from './run-example.js';

it('the program in the README of download saves a song and its cover', { timeout: 60_000 }, async () => {
  const program = codeBlocks(await readSource('packages/download/README.md')).find(({ info }) => info === 'ts');
  const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-readme-'));
  const emulator = createEmulator({ apiKey: 'readme-key', jobDuration: 1_000 });
  const server = await listen(emulator);
  try {
    const env = { WHISUL_BASE_URL: server.url, WHISUL_API_KEY: 'readme-key' };
    // Wherever a reader would run it, it saves below the current folder.
    const run = await runExample(`process.chdir(${JSON.stringify(folder)});\n${program?.code ?? ''}`, { env });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const [job] = [...emulator.jobs.values()];
    const names = (await readdir(join(folder, 'songs'))).sort();
    expect(names).toEqual([expect.stringMatching(/\.png$/), expect.stringMatching(/\.wav$/)]);
    for (const name of names) {
      expect(name).toContain(`[${job?.job_id}]`);
      expect(run.stdout).toContain(join('songs', name));
    }
  } finally {
    await server.close();
    emulator.close();
    await rm(folder, { recursive: true });
  }
});
