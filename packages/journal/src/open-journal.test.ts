import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Journal } from '@whisul-rx/core';
import { ClassicLevel } from 'classic-level';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { all, entries } from '../test/journal-contract.js';
import { freshFolders, refusal, write } from '../test/journal-folders.js';
import { seal } from './entry-codec.js';
import { openJournal } from './open-journal.js';

const fresh = freshFolders();
/** A closed journal with some entries. */
const filled = (): Promise<string> => write(fresh(), entries);

async function openAgain(folder: string): Promise<Journal> {
  const journal = await openJournal(folder);
  onTestFinished(() => journal.close());
  return journal;
}

describe('openJournal', () => {
  it('finds everything again', async () => {
    const folder = await filled();
    const journal = await openJournal(folder);
    expect(await all(journal)).toEqual(entries);
    await journal.close();
  });

  it('flushes every write to the disk before it resolves', async () => {
    const put = vi.spyOn(ClassicLevel.prototype, 'put');
    onTestFinished(() => {
      put.mockRestore();
    });
    await filled();
    // A kill of the process would not show it: the kernel writes what it was given all the same.
    expect(put.mock.calls.map(([, , options]) => options)).toEqual(Array(entries.length + 1).fill({ sync: true }));
  });

  it('belongs to one owner: another gets an error that names the folder', async () => {
    const folder = fresh();
    const journal = await openJournal(folder);
    await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /open already/));
    const script = `import { ClassicLevel } from 'classic-level';
      await new ClassicLevel(process.argv[1]).open().catch((error) => console.log(error.cause.code));`;
    const child = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, folder], {
      cwd: import.meta.dirname,
    });
    expect(child.stdout.trim()).toBe('LEVEL_LOCKED');
    await journal.put({ key: 'k', prompt: 'p', attempt: 1, state: 'submitting', at: 0 });
    await journal.close();
    await (await openJournal(folder)).close();
  });

  it('is given up by the journal that owns it, and by none that was closed before', async () => {
    const folder = fresh();
    const first = await openJournal(folder);
    await first.close();
    const second = await openJournal(folder);
    await first.close();
    await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /open already/));
    await Promise.all([second.close(), second.close()]);
    await (await openJournal(folder)).close();
  });

  it.each(['removed', 'replaced'])('takes nothing more when its files were %s while it was open', async (how) => {
    const folder = await filled();
    const journal = await openJournal(folder);
    const files = await Promise.all(
      (await readdir(folder)).map(async (name) => [join(folder, name), await readFile(join(folder, name))] as const),
    );
    await rm(folder, { recursive: true });
    if (how === 'replaced') {
      await mkdir(folder);
      for (const [path, content] of files) await writeFile(path, content);
    }
    const put = journal.put({ key: 'paid', prompt: 'p', attempt: 1, state: 'submitting', at: 0 });
    await expect(put).rejects.toEqual(refusal(folder, /were removed or replaced while it was open/));
    const closed = await journal.close().catch((error: unknown) => error);
    if (how === 'removed') expect(closed).toEqual(refusal(folder, /cannot be closed/));
    else expect(await all(await openAgain(folder))).toEqual(entries);
  });

  it('finds an entry that is not where it was put', async () => {
    const folder = await filled();
    const level = new ClassicLevel(folder);
    const [moved] = await level.values({ gt: 'entry ' }).all();
    await level.put('entry "0b"', moved ?? '');
    await level.close();
    await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /entry "0b"/));
  });

  it.each([undefined, null, '', '  ', 7, 'a\0b'])('refuses %j as a directory', async (directory) => {
    // @ts-expect-error -- what a caller in JavaScript may hand in
    await expect(openJournal(directory)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('refuses what it cannot use, and changes nothing there', async () => {
    const file = fresh();
    await writeFile(file, 'x');
    await expect(openJournal(file)).rejects.toEqual(refusal(file, /./));
    const home = fresh();
    await mkdir(home);
    await writeFile(join(home, 'letter.txt'), 'dear');
    await expect(openJournal(home)).rejects.toEqual(refusal(home, /something else/));
    expect(await readdir(home)).toEqual(['letter.txt']);
  });

  it.each([1, 5_000])('leaves a LevelDB store of something else as it is, with %i entries', async (count) => {
    const folder = fresh();
    const level = new ClassicLevel(folder, { compression: false });
    for (let key = 0; key < count; key++) await level.put(`key ${key}`, 'v'.repeat(1_000));
    await level.close();
    const contents = async (): Promise<(readonly [string, string])[]> => {
      const names = await readdir(folder);
      return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'latin1')] as const));
    };
    const before = await contents();
    await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /a LevelDB store of something else/));
    expect(await contents()).toEqual(before);
  });

  it('refuses a journal of a newer version', async () => {
    const folder = await filled();
    const level = new ClassicLevel(folder);
    await level.put('format', seal('whisul-rx journal 2'));
    await level.close();
    await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /"whisul-rx journal 2"/));
  });

  it('refuses to write what it could not read', async () => {
    const journal = await openJournal(fresh());
    const bad = [
      { ...entries[0], attempt: 0 },
      { ...entries[3], job: undefined },
      { ...entries[3], job: { status: 'x' } },
      {},
      null,
      undefined,
    ];
    for (const entry of bad) {
      // @ts-expect-error -- what a caller in JavaScript may hand in
      await expect(journal.put(entry)).rejects.toMatchObject({ code: 'journal' });
    }
    expect(await all(journal)).toEqual([]);
    await journal.close();
  });
});
