import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import type { JournalEntry } from '@whisul-rx/core';
import { ClassicLevel } from 'classic-level';
import { describe, expect, it } from 'vitest';
import { all, entries } from '../test/journal-contract.js';
import { freshFolders, refusal, write } from '../test/journal-folders.js';
import { openJournal } from './open-journal.js';

const fresh = freshFolders();

/** A closed journal with some entries, in its log or, after it was opened again, in two tables, with more in its log. */
async function filled(reopened = false): Promise<string> {
  const folder = await write(fresh(), reopened ? entries.slice(0, 2) : entries);
  if (reopened) for (const part of [entries.slice(2, 4), entries.slice(4)]) await write(folder, part);
  return folder;
}
async function fileOf(folder: string, kind: string): Promise<string> {
  const name = (await readdir(folder)).find((each) => each.includes(kind));
  if (name === undefined) throw new Error(`no ${kind} in ${folder}`);
  return join(folder, name);
}
/** Every file that means something. */
async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => !/^LO(CK|G)/.test(name));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'hex')] as const)),
  );
}

/** What became of a damaged store: refused and left as it was, or opened with everything that was in it. */
async function outcome(folder: string, expected: readonly JournalEntry[]): Promise<string> {
  const before = await contents(folder);
  const opened = await openJournal(folder).catch((error: unknown) => String(error));
  if (typeof opened === 'string') {
    const after = await contents(folder);
    return isDeepStrictEqual(after, before) && opened.includes(folder) ? 'refused' : 'CHANGED';
  }
  const [found, single] = [await all(opened), await Promise.all(expected.map(({ key }) => opened.get(key)))];
  await opened.close();
  return isDeepStrictEqual([found, single], [expected, expected]) ? 'whole' : 'LOST';
}

// Hundreds of stores are opened.
describe('a damaged store', { timeout: 60_000 }, () => {
  const kinds = ['CURRENT', 'MANIFEST', '.ldb', '.log'];

  it.each(kinds)('is an error and stays as it is: %s is missing', async (kind) => {
    const folder = await filled(true);
    await rm(await fileOf(folder, kind));
    expect(await outcome(folder, entries)).toBe('refused');
  });

  it.each(['CURRENT', 'MANIFEST', '.ldb'])('is an error and stays as it is: %s is cut anywhere', async (kind) => {
    const folder = await filled(true);
    const file = await fileOf(folder, kind);
    const whole = await readFile(file);
    for (let length = 0; length < whole.length; length += whole.length > 200 ? 17 : 1) {
      await writeFile(file, whole.subarray(0, length));
      expect(await outcome(folder, entries), `${kind} cut to ${length}`).toBe('refused');
    }
  });

  it.each(['CURRENT', 'MANIFEST', '.ldb'])('loses nothing to a flipped bit anywhere: %s', async (kind) => {
    const folder = await filled(true);
    const name = await fileOf(folder, kind);
    const size = (await readFile(name)).length;
    const outcomes = new Set<string>();
    for (let at = 0; at < size; at += size > 200 ? 11 : 1) {
      const copy = fresh();
      await cp(folder, copy, { recursive: true });
      const file = await fileOf(copy, kind);
      const bytes = await readFile(file);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      await writeFile(file, bytes);
      const seen = await outcome(copy, entries);
      expect(seen, `${kind} byte ${at}`).toMatch(/^(refused|whole)$/);
      outcomes.add(seen);
      await rm(copy, { recursive: true });
    }
    expect(outcomes).toContain('refused');
  });

  it('is an error and stays as it is: a MANIFEST that has forgotten a table, at the boundary of a record', async () => {
    const folder = fresh();
    const journal = await openJournal(folder);
    // More than the 4 MB that a log holds: the MANIFEST grows while the journal is open.
    const long = 'p'.repeat(50_000);
    const put = (key: number) =>
      journal.put({ key: String(key), prompt: long, attempt: 1, state: 'submitting', at: 0 });
    for (let round = 0; round < 10; round++)
      await Promise.all(Array.from({ length: 20 }, (_, index) => put(round * 20 + index)));
    await journal.close();
    const manifest = await fileOf(folder, 'MANIFEST');
    const whole = await readFile(manifest);
    let records = 0;
    for (let at = 0; at < whole.length; at += 7 + whole.readUInt16LE(at + 4)) {
      await truncate(manifest, at);
      expect(await outcome(folder, []), `cut to ${at}`).toBe('refused');
      await writeFile(manifest, whole);
      records += 1;
    }
    expect(records).toBeGreaterThan(2);
    const again = await openJournal(folder);
    expect((await all(again)).length).toBe(200);
    await again.close();
  });

  it('is not what another LevelDB tool leaves behind, which compresses what it rewrites: nothing is lost', async () => {
    const folder = fresh();
    const many = Array.from({ length: 80 }, (_, key) => ({
      ...entries[0],
      key: String(key),
      prompt: `the prompt of song number ${key}`,
      attempt: 1,
      state: 'submitting' as const,
      at: 0,
    })).sort((a, b) => (a.key < b.key ? -1 : 1));
    await write(folder, many);
    const script = `import { ClassicLevel } from 'classic-level';
      const level = new ClassicLevel(process.argv[1]);
      await level.open();
      await level.compactRange('a', 'z');
      await level.close();`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, folder], {
      cwd: import.meta.dirname,
    });
    expect(await outcome(folder, many)).toBe('whole');

    const table = await readFile(await fileOf(folder, '.ldb'));
    const outcomes = new Set<string>();
    for (let at = 0; at < table.length; at += 31) {
      const copy = fresh();
      await cp(folder, copy, { recursive: true });
      const bytes = Buffer.from(table);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      await writeFile(await fileOf(copy, '.ldb'), bytes);
      outcomes.add(await outcome(copy, many));
      await rm(copy, { recursive: true });
    }
    expect([...outcomes].filter((seen) => seen !== 'whole')).toEqual(['refused']);
  });

  it('knows what LevelDB compresses for a store of something else', async () => {
    const folder = fresh();
    const level = new ClassicLevel(folder);
    for (let key = 0; key < 5_000; key++) await level.put(`key number ${key}`, 'v'.repeat(1_000));
    await level.close();
    await expect(openJournal(folder)).rejects.toEqual(refusal(folder, /something else/));
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
