import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { devNull } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { freshFolders } from '../test/journal-folders.js';
import { ownerFile, ownFolder } from './own-folder.js';

const fresh = freshFolders();

/** Opens what another thread opens that asks at the same moment: below or above the descriptor that `ownFolder` gets. */
async function openToo(folder: string, isAbove: boolean): Promise<() => void> {
  await mkdir(folder);
  const free = isAbove ? [1, 2, 3, 4, 5].map(() => openSync(devNull, 'r')) : [];
  const other = openSync(join(folder, ownerFile), 'a');
  for (const each of free) closeSync(each);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(other);
    isOpen = false;
  };
  onTestFinished(close);
  return close;
}

it('one of those who ask at once waits, and gets the folder', async () => {
  const folder = fresh();
  const close = await openToo(folder, true);
  const owned = ownFolder(folder);
  close();
  const owner = await owned;
  expect(owner).toBeDefined();
  owner?.release();
});

it.each([true, false])('nobody gets what another keeps', async (isAbove) => {
  const folder = fresh();
  const close = await openToo(folder, isAbove);
  expect(await ownFolder(folder)).toBeUndefined();
  close();
  const owner = await ownFolder(folder);
  expect(owner).toBeDefined();
  owner?.release();
});
