import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { openJournal } from '@whisul-rx/journal';
import { expect, it } from 'vitest';

const child = join(import.meta.dirname, 'owner-child.mjs');

async function inProcess(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, folder]);
  return stdout.trim();
}

async function inThread(folder: string): Promise<string> {
  const worker = new Worker(child, { argv: [folder], stdout: true });
  let said = '';
  for await (const chunk of worker.stdout) said += String(chunk);
  return said.trim();
}

it('a folder has one owner: no other process, thread or copy of the package, even after each has tried', async () => {
  const root = await mkdtemp(join(tmpdir(), 'whisul-owner-'));
  const folder = join(root, 'journal');
  const journal = await openJournal(folder);
  try {
    for (const open of [inProcess, inThread, inProcess]) expect(await open(folder)).toMatch(/open already/);
    await journal.put({ key: 'k', prompt: 'p', attempt: 1, state: 'submitting', at: 0 });
    await journal.close();
    expect(await inProcess(folder)).toBe('opened');
  } finally {
    await journal.close();
    await rm(root, { recursive: true });
  }
});
