import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { all, entries } from '../test/journal-contract.js';
import { freshFolders, refusal, write } from '../test/journal-folders.js';
import { openJournal } from './open-journal.js';

const fresh = freshFolders();

async function modes(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of await readdir(folder)) found.add(((await stat(join(folder, name))).mode & 0o777).toString(8));
  return found;
}

it('only its user may read a journal', async () => {
  const folder = fresh();
  const journal = await openJournal(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await modes(folder)).toEqual(new Set(['600']));
  for (const entry of entries) await journal.put(entry);
  await journal.close();
  expect(await modes(folder)).toEqual(new Set(['600']));
});

it('a journal that others could read is made private when it is opened', async () => {
  const folder = await write(fresh(), entries);
  await chmod(folder, 0o755);
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o644);
  const journal = await openJournal(folder);
  expect([(await stat(folder)).mode & 0o777, await modes(folder)]).toEqual([0o700, new Set(['600'])]);
  expect(await all(journal)).toEqual(entries);
  await journal.close();
});

it.each(['OWNER', 'LOG', 'LOCK', 'CURRENT', '000009.log'])(
  'refuses a symbolic link called %s, and does not follow it',
  async (name) => {
    const other = fresh();
    await writeFile(other, 'dear');
    const folder = fresh();
    await mkdir(folder);
    await symlink(other, join(folder, name));
    await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /a symbolic link/));
    expect(await readFile(other, 'utf8')).toBe('dear');
    expect(await readdir(folder)).toEqual([name]);
  },
);

it.each(['OWNER', 'CURRENT'])('refuses a pipe called %s, and does not wait', async (name) => {
  const folder = fresh();
  await mkdir(folder);
  await promisify(execFile)('mkfifo', [join(folder, name)]);
  await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /no ordinary file/));
});

it('may be reached through a link to its folder', async () => {
  const folder = await write(fresh(), entries);
  const link = fresh();
  await symlink(folder, link);
  const journal = await openJournal(link);
  onTestFinished(() => journal.close());
  expect(await all(journal)).toEqual(entries);
});
