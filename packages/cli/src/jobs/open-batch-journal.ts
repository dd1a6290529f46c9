import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Journal, WhisulError } from '@whisul-rx/core';
import { openJournal } from '@whisul-rx/journal';

/** Beside the journal: which API its jobs are from. */
const apiFile = 'API';

/**
 * Opens the journal of a batch, for one API: the ids of one mean nothing to another, and emulated songs must not count
 * as paid ones.
 */
export async function openBatchJournal(folder: string, api: string): Promise<Journal> {
  const known = await readApi(folder);
  if (known !== undefined && known !== api) {
    const message = `The journal ${folder} belongs to another API (${known}) than this command (${api}). Use another folder.`;
    throw new WhisulError('journal_conflict', `${message} Nothing was sent.`);
  }
  const journal = await openJournal(folder);
  if (known === undefined) await writeFile(join(folder, apiFile), `${api}\n`, { mode: 0o600 });
  return journal;
}

async function readApi(folder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, apiFile), 'utf8')).trim();
  } catch {
    return undefined;
  }
}
