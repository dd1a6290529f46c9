import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emptyFolder, startApi } from './api.js';
import { runCli, startCli } from './run-cli.js';

const count = 40;
const prompts = Array.from({ length: count }, (_, index) => `song number ${index}`);

it('Ctrl-C at 25 moments of a batch: no id is lost, and no prompt is paid twice', { timeout: 300_000 }, async () => {
  const { emulator, env } = await startApi({ jobDuration: Infinity });
  // Answers take a while, so that many are under way at any moment.
  emulator.script({ method: 'POST', type: 'delay', ms: 120, times: Infinity });
  const cwd = await emptyFolder();
  await writeFile(join(cwd, 'prompts.txt'), prompts.join('\n'));
  const args = ['batch', 'prompts.txt', '--journal', 'journal', '--concurrency', `${count}`, '--yes', '--json'];
  // The client asks for 2 songs at a time: the batch takes some seconds, whatever this machine does.
  for (let stop = 0; stop < 25; stop += 1) {
    const { child, ended } = startCli(args, { cwd, env });
    const paid = emulator.jobs.size;
    const wanted = Math.min(count, paid + (stop % 3));
    while (emulator.jobs.size < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    // Before it listens, Ctrl-C ends any program.
    if (code !== null) expect([code, stderr]).toEqual([130, expect.stringContaining('run the same command again')]);

    const entries = (await runCli(['journal', 'journal', '--json'], { cwd })).stdout.trim().split('\n').filter(Boolean);
    const known = entries.map((line) => JSON.parse(line));
    expect(known.filter(({ state }) => state === 'submitting')).toEqual([]);
    expect(new Set(known.flatMap(({ job }) => job?.job_id ?? []))).toEqual(new Set(emulator.jobs.keys()));
  }
  const submitted = [...emulator.jobs.values()].map(({ prompt }) => prompt);
  expect(new Set(submitted).size).toBe(submitted.length);
  expect(submitted.length).toBeGreaterThan(0);
});

it('a batch that was stopped goes on, and fetches no file twice', { timeout: 120_000 }, async () => {
  const { emulator, env } = await startApi({ jobDuration: 1 });
  const cwd = await emptyFolder();
  await writeFile(join(cwd, 'prompts.txt'), prompts.slice(0, 4).join('\n'));
  const args = [
    'batch',
    'prompts.txt',
    '--journal',
    'journal',
    '--out',
    'songs',
    '--concurrency',
    '1',
    '--yes',
    '--json',
  ];
  const first = startCli(args, { cwd, env });
  await first.shows(/"saved"/);
  first.child.kill('SIGINT');
  expect((await first.ended).code).toBe(130);
  const second = await runCli(args, { cwd, env });
  expect(second.code).toBe(0);
  expect(emulator.jobs.size).toBe(4);

  const files = emulator.requests.filter(({ path, status }) => !path.startsWith('/api/') && status === 200);
  const whole = files.map(({ path }) => path);
  const saved = [...(first.output() + second.stdout).matchAll(/"type":"saved".*?"files":(\[.*?\])/g)];
  expect(saved.length).toBeGreaterThanOrEqual(4);
  const asked = emulator.requests.length;
  expect(await runCli(args, { cwd, env })).toMatchObject({ code: 0 });
  expect(emulator.requests).toHaveLength(asked);
  expect(new Set(whole).size).toBe(8);
});
