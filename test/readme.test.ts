import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { expect, it } from 'vitest';
import { codeBlocks, readSource, runExample } from './run-example.js';

it('the first program of the README makes a song', { timeout: 60_000 }, async () => {
  const program = codeBlocks(await readSource('README.md')).find(({ info }) => info.startsWith('ts'));
  const emulator = createEmulator({ apiKey: 'readme-key', jobDuration: 1_000 });
  const server = await listen(emulator);
  try {
    const env = { WHISUL_BASE_URL: server.url, WHISUL_API_KEY: 'readme-key' };
    const run = await runExample(program?.code ?? '', { env });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const [job] = [...emulator.jobs.values()];
    expect(emulator.jobs.size).toBe(1);
    expect(run.stdout, 'it prints where the song is').toContain(`/songs/${job?.job_id}.wav`);
  } finally {
    await server.close();
    emulator.close();
  }
});
