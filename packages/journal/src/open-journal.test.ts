import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ClassicLevel } from 'classic-level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, entries } from '../test/journal-contract.js';
import { seal } from './entry-codec.js';
import { openJournal } from './open-journal.js';

let root: string;
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'whisul-journal-'));
});
afterAll(() => rm(root, { recursive: true }));
const fresh = (): string => join(root, String((folders += 1)));

/** A closed journal with some entries, in its log or, after it was opened again, in a table. */
async function filled(reopened = false): Promise<string> {
  const folder = fresh();
  const journal = await openJournal(folder);
  for (const entry of entries) await journal.put(entry);
  await journal.close();
  if (reopened) await (await openJournal(folder)).close();
  return folder;
}
async function fileOf(folder: string, kind: string): Promise<string> {
  const name = (await readdir(folder)).find((each) => each.includes(kind));
  if (name === undefined) throw new Error(`no ${kind} in ${folder}`);
  return join(folder, name);
}
async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => /\.(ldb|log)$/.test(name));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'hex')] as const)),
  );
}
const refusal = (folder: string, reason: RegExp) =>
  expect.objectContaining({
    code: 'journal',
    message: expect.stringMatching(new RegExp(`"${folder}".*${reason.source}`)),
  });

describe('openJournal', () => {
  it('finds everything again', async () => {
    const folder = await filled(true);
    const journal = await openJournal(folder);
    expect(await all(journal)).toEqual(entries);
    await journal.close();
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
    const other = fresh();
    const level = new ClassicLevel(other);
    await level.put('mine', 'x');
    await level.close();
    await expect(openJournal(other)).rejects.toEqual(refusal(other, /something else/));
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
    ];
    for (const entry of bad) {
      // @ts-expect-error -- what a caller in JavaScript may hand in
      await expect(journal.put(entry)).rejects.toMatchObject({ code: 'journal' });
    }
    expect(await all(journal)).toEqual([]);
    await journal.close();
  });
});

describe('a damaged store', () => {
  const damaged = async (folder: string, damage: (folder: string) => Promise<void>): Promise<void> => {
    await damage(folder);
    const before = await contents(folder);
    await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /./));
    const after = await contents(folder);
    for (const [name, bytes] of Object.entries(before)) {
      // LevelDB replaces a log that holds nothing.
      if (bytes !== '') expect(after[name], name).toBe(bytes);
    }
  };

  it.each(['CURRENT', 'MANIFEST', '.ldb'])('is an error and stays as it is: garbage in %s', async (kind) => {
    await damaged(await filled(true), async (folder) => {
      const file = await fileOf(folder, kind);
      const bytes = await readFile(file);
      await writeFile(file, bytes.fill(0x41, Math.floor(bytes.length / 3), Math.ceil(bytes.length / 2)));
    });
  });

  it.each(['CURRENT', 'MANIFEST', '.ldb', '.log'])('is an error and stays as it is: %s is missing', async (kind) => {
    await damaged(await filled(true), async (folder) => rm(await fileOf(folder, kind)));
  });

  it('is an error and stays as it is: any byte of its log', async () => {
    const folder = await filled();
    const log = await fileOf(folder, '.log');
    const whole = await readFile(log);
    expect(whole.length).toBeGreaterThan(500);
    for (let at = 0; at < whole.length; at += 13) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      await writeFile(log, bytes);
      await expect(openJournal(folder), `byte ${at}`).rejects.toEqual(refusal(folder, /damaged/));
      expect(await readFile(log)).toEqual(bytes);
    }
    for (const byte of [0, 0x41, 0xff]) {
      await writeFile(log, Buffer.from(whole).fill(byte, 300));
      await expect(openJournal(folder), `all ${byte}`).rejects.toEqual(refusal(folder, /damaged/));
    }
    await writeFile(log, whole);
    const journal = await openJournal(folder);
    expect(await all(journal)).toEqual(entries);
    await journal.close();
  });

  it('is not what a crash leaves behind: a last record that was cut off, a store that was just begun', async () => {
    const folder = await filled();
    const whole = (await readFile(await fileOf(folder, '.log'))).length;
    for (const cut of [1, 20, 60]) {
      const copy = fresh();
      await cp(folder, copy, { recursive: true });
      await truncate(await fileOf(copy, '.log'), whole - cut);
      const journal = await openJournal(copy);
      expect(await all(journal)).toEqual(entries.slice(0, -1));
      await journal.close();
    }
    const begun = fresh();
    await mkdir(begun);
    for (const name of ['LOCK', 'LOG', 'MANIFEST-000001', '000001.dbtmp']) await writeFile(join(begun, name), '');
    await (await openJournal(begun)).close();
  });

  it('is found out in every block of a long log', async () => {
    const folder = fresh();
    const journal = await openJournal(folder);
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        journal.put({ key: String(index), prompt: 'p'.repeat(index * 40), attempt: 1, state: 'submitting', at: 0 }),
      ),
    );
    await journal.close();
    const log = await fileOf(folder, '.log');
    const whole = await readFile(log);
    expect(whole.length).toBeGreaterThan(4 * 32_768);
    for (let at = 100; at < whole.length; at += 9_973) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
      await writeFile(log, bytes);
      await expect(openJournal(folder), `byte ${at}`).rejects.toEqual(refusal(folder, /damaged/));
    }
    await writeFile(log, whole);
    const again = await openJournal(folder);
    expect((await all(again)).length).toBe(100);
    await again.close();
  });
});
