import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openJournal } from '@whisul-rx/journal';
import { expect, it } from 'vitest';
import { emptyFolder } from './api.js';
import { runCli } from './run-cli.js';

const prompts = Array.from({ length: 10_000 }, (_, index) => `song number ${index}`);

it('10,000 prompts begin at once, and stop at the limit', { timeout: 120_000 }, async () => {
  const cwd = await emptyFolder();
  await writeFile(join(cwd, 'prompts.txt'), prompts.join('\n'));
  const args = ['batch', 'prompts.txt', '--emulate', '--duration', '1', '--max-submits', '8', '--concurrency', '8'];
  const { code, stdout, stderr } = await runCli(args, { cwd });
  expect(stderr).toMatch(/^10,000 prompts\. [\s\S]*The limit of --max-submits is reached/);
  expect(stdout).toContain('8 songs made, 9992 not finished.');
  expect(code).toBe(22);
});

it('10,000 prompts that are finished cost no request', { timeout: 120_000 }, async () => {
  const cwd = await emptyFolder();
  await writeFile(join(cwd, 'prompts.txt'), prompts.join('\n'));
  const journal = await openJournal(join(cwd, 'journal'));
  const song = {
    title: 'A Song',
    bpm: 90,
    duration: 60,
    song_url: 'http://a.example/s',
    image_url: 'http://a.example/i',
    tags: '',
  };
  await Promise.all(
    prompts.map((prompt, index) => {
      const job = { status: 'completed' as const, job_id: `job-${index}`, prompt, result: song, error: null };
      return journal.put({ key: prompt, prompt, attempt: 1, state: 'completed', at: 0, job });
    }),
  );
  await journal.close();
  // Nobody listens there: a request would take a minute to fail.
  const env = { WHISUL_BASE_URL: 'http://127.0.0.1:9/api', WHISUL_API_KEY: 'x' };
  const { code, stdout, stderr } = await runCli(['batch', 'prompts.txt', '--journal', 'journal'], { cwd, env });
  expect(stderr).toBe('10,000 prompts: 10,000 are finished. There is nothing to pay for.\n');
  expect(stdout).toMatch(/\n10000 songs made\.\n$/);
  expect(code).toBe(0);
});
