import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEntry } from '@whisul-rx/core';
import { openJournal } from '@whisul-rx/journal';
import { afterAll, beforeAll, expect } from 'vitest';

/**
 * Folders for the tests of one file, which go with it.
 *
 * @returns gives the path of a folder that is not there yet
 */
export function freshFolders(): () => string {
  let root: string;
  let folders = 0;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'whisul-journal-'));
  });
  afterAll(() => rm(root, { recursive: true }));
  return () => join(root, String((folders += 1)));
}

/** Puts entries into the journal of a folder, and closes it. */
export async function write(folder: string, written: readonly JournalEntry[]): Promise<string> {
  const journal = await openJournal(folder);
  for (const entry of written) await journal.put(entry);
  await journal.close();
  return folder;
}

/** The error about a folder that is not opened, for this reason. */
export const refusal = (folder: string, reason: RegExp) =>
  expect.objectContaining({
    code: 'journal',
    message: expect.stringMatching(new RegExp(`"${folder}".*${reason.source}`)),
  });
