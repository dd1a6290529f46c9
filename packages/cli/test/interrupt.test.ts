import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalEntry } from '@whisul-rx/core';
import { openJournal } from '@whisul-rx/journal';
import { expect, it } from 'vitest';
import { emptyFolder, startApi } from './api.js';
import { runCli, startCli } from './run-cli.js';

/** Resolves after some ms, for moments that nobody chose. */
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the journal of a folder holds. */
async function journalOf(folder: string): Promise<JournalEntry[]> {
  const journal = await openJournal(join(folder, 'journal'));
  const entries = [];
  for await (const entry of journal.entries()) entries.push(entry);
  await journal.close();
  return entries;
}

// Five batches that are stopped five times each, and then run on. The client has 32 requests in flight at most, and the
// answers take a while: many prompts are being paid for at any moment, and many are not sent.
it.each([1, 2, 3, 4, 5])(
  'Ctrl-C at any moment of a batch loses no id and pays no prompt twice, batch %i',
  { timeout: 180_000 },
  async (batch) => {
    const { emulator, env } = await startApi({ jobDuration: Infinity });
    emulator.script({ method: 'POST', type: 'delay', ms: 150, times: Infinity });
    const cwd = await emptyFolder();
    const prompts = Array.from({ length: 250 }, (_, index) => `batch ${batch}, song ${index}`);
    await writeFile(join(cwd, 'prompts.txt'), prompts.join('\n'));
    const args = ['batch', 'prompts.txt', '--journal', 'journal', '--concurrency', '250', '--yes', '--json'];
    for (let stop = 0; stop < 6; stop += 1) {
      const run = startCli(args, { cwd, env });
      if (stop < 5) {
        // Some stops come while it starts, the others when it has just begun to pay.
        const paid = emulator.jobs.size;
        while (stop > 0 && emulator.jobs.size === paid && paid < prompts.length) await pause(5);
        await pause(Math.random() * (stop === 0 ? 1_000 : 200));
      } else while (emulator.jobs.size < prompts.length) await pause(20);
      run.child.kill('SIGINT');
      const { code, signal, stderr } = await run.ended;
      // Before the program listens, Ctrl-C ends it as it ends any other.
      if (signal === null)
        expect([code, stderr]).toEqual([130, expect.stringMatching(/run the same command again|Nothing was sent/)]);

      const entries = existsSync(join(cwd, 'journal', 'CURRENT')) ? await journalOf(cwd) : [];
      expect(entries.filter(({ state }) => state === 'submitting')).toEqual([]);
      const known = entries.flatMap(({ job }) => (job === undefined ? [] : [job.job_id]));
      expect(new Set(known)).toEqual(new Set(emulator.jobs.keys()));
    }
    expect([...emulator.jobs.values()].map(({ prompt }) => prompt).sort()).toEqual([...prompts].sort());
  },
);

it('a batch that was stopped goes on, and fetches no file twice', { timeout: 120_000 }, async () => {
  const { emulator, env } = await startApi({ jobDuration: 1 });
  const cwd = await emptyFolder();
  await writeFile(join(cwd, 'prompts.txt'), ['one', 'two', 'three', 'four'].join('\n'));
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

  const whole = emulator.requests.filter(({ path }) => /\.(wav|png)$/.test(path)).map(({ path }) => path);
  expect(new Set(whole).size).toBe(8);
  // What was being fetched when it was stopped is fetched again; what was saved is not.
  const saved = first.output().match(/"type":"saved"/g)?.length ?? 0;
  expect(whole.length).toBeLessThanOrEqual(8 + 2 * (4 - saved));
  const asked = emulator.requests.length;
  expect(await runCli(args, { cwd, env })).toMatchObject({ code: 0 });
  expect(emulator.requests).toHaveLength(asked);
});

it('an emulated batch that was stopped goes on in the next command', { timeout: 120_000 }, async () => {
  const cwd = await emptyFolder();
  await writeFile(join(cwd, 'prompts.txt'), ['one', 'two', 'one'].join('\n'));
  const args = ['batch', 'prompts.txt', '--journal', 'journal', '--json', '--emulate', '--seed', '5', '--duration'];
  const first = startCli([...args, '60m'], { cwd });
  await first.shows(/(submitted[\s\S]*){3}/);
  first.child.kill('SIGINT');
  expect((await first.ended).code).toBe(130);
  const paid = (await journalOf(cwd)).map(({ job }) => job?.job_id);

  const second = await runCli([...args, '1'], { cwd });
  expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('"made":3,"failed":0,"problems":0') });
  expect((await journalOf(cwd)).map(({ job }) => job?.job_id)).toEqual(paid);
  const third = await runCli([...args, '1', '--out', 'songs'], { cwd });
  expect(third).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('"made":3,"failed":0,"problems":0,"unsaved":0'),
  });
  const other = await runCli([...args, '1', '--seed', '6'], { cwd });
  expect(other).toMatchObject({ code: 41, stderr: expect.stringContaining('(emulator with seed 5)') });
});
