import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

/**
 * Looks for what must not be opened where files of a journal should be: a link may lead to a file of somebody else's,
 * and opening a pipe waits for ever.
 *
 * @returns what is wrong, or `undefined`
 */
export async function findOddFile(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true });
  const odd = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  if (!odd) return undefined;
  return `${odd.name} in it is ${odd.isSymbolicLink() ? 'a symbolic link' : 'no ordinary file'}; remove it first`;
}

/**
 * Prompts are nobody else's business: only the owner may enter the folder, and read and write its files. LevelDB makes
 * files that all can read, also while it is open; until the next call of this only the folder protects them.
 */
export async function makePrivate(folder: string): Promise<void> {
  // There these bits say nothing about other users.
  if (process.platform === 'win32') return;
  await setMode(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isFile()) await setMode(join(folder, entry.name), 0o600);
}

/** LevelDB may have removed the file; a folder that is another user's, as a mounted volume can be, is their business. */
const harmless: readonly unknown[] = ['ENOENT', 'EPERM', 'ENOTSUP'];

async function setMode(path: string, mode: number): Promise<void> {
  try {
    await chmod(path, mode);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && harmless.includes(error.code))) throw error;
  }
}
