import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryJournal } from '@whisul-rx/core';
import { openJournal } from '@whisul-rx/journal';
import { afterAll } from 'vitest';
import { describeJournal } from './journal-contract.js';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

describeJournal('memoryJournal', () => Promise.resolve(memoryJournal()));
describeJournal('openJournal', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'whisul-journal-'));
  folders.push(folder);
  return openJournal(join(folder, 'not', 'yet', 'there'));
});
