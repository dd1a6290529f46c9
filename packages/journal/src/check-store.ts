import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isWholeTable } from './check-table.js';
import { isJournalKey } from './journal-keys.js';
import { ownerFile } from './own-folder.js';
import { readBatch } from './read-batch.js';
import { readLog } from './read-log.js';
import { readManifest } from './read-manifest.js';

/** What LevelDB may have made of a new folder when a crash stopped it: nothing is in there yet. */
const beginnings = /^(LOCK|LOG|LOG\.old|MANIFEST-000001|000001\.dbtmp)$/;

/**
 * Looks at a folder before LevelDB opens it. That would begin anew without CURRENT, drop what it cannot read of a log or
 * of the MANIFEST, and delete the files that it then knows nothing of.
 *
 * @returns what is wrong with it, or `undefined`
 */
export async function findDamage(directory: string): Promise<string | undefined> {
  const names = (await readdir(directory)).filter((name) => name !== ownerFile);
  const begun = names.filter((name) => name !== 'CURRENT');
  if (begun.every((name) => beginnings.test(name)) && begun.length === names.length) return undefined;
  if (begun.length === names.length) return 'the file CURRENT is missing, or this folder holds something else';
  const read = (name: string): Promise<Buffer> => readFile(join(directory, name));
  const damaged = (name: string): string => `the file ${name} is damaged, or this folder holds something else`;
  const missing = (name: string): string => `the file ${name} is missing`;

  const manifestName = /^(MANIFEST-\d+)\n$/.exec((await read('CURRENT')).toString('latin1'))?.[1];
  if (manifestName === undefined) return damaged('CURRENT');
  if (!names.includes(manifestName)) return missing(manifestName);
  const manifest = readManifest(readLog(await read(manifestName))?.records ?? []);
  if (!manifest) return damaged(manifestName);

  for (const [number, size] of manifest.tables) {
    const name = `${fileNumber(number)}.ldb`;
    if (!names.includes(name)) return missing(name);
    const table = await read(name);
    if (table.length !== size || !isWholeTable(table)) return damaged(name);
  }

  // Older ones are in the tables, and only await their deletion.
  const logs = names.filter((name) => name.endsWith('.log') && parseInt(name, 10) >= manifest.log).sort();
  const expected = `${fileNumber(manifest.log)}.log`;
  // A MANIFEST that has lost its end names an older log, which is gone.
  if (manifest.log > 0 && !logs.includes(expected)) return missing(expected);
  let cut: string | undefined;
  const keys = [...manifest.bounds];
  for (const name of logs) {
    const bytes = await read(name);
    const log = readLog(bytes);
    // A crash cuts off what was written last, and nothing else.
    if (cut !== undefined && bytes.length > 0) return damaged(cut);
    if (!log) return damaged(name);
    if (log.isCut) cut = name;
    for (const record of log.records) {
      const changed = readBatch(record);
      if (!changed) return damaged(name);
      for (const key of changed) keys.push(key);
    }
  }
  // LevelDB would compact it.
  return keys.length === 0 || keys.some(isJournalKey) ? undefined : 'it is a LevelDB store of something else';
}

function fileNumber(number: number): string {
  return String(number).padStart(6, '0');
}
