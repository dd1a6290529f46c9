import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isWholeLog } from './check-log.js';

/** What LevelDB may have made of a new folder when a crash stopped it: nothing is in there yet. */
const beginnings = /^(LOCK|LOG|LOG\.old|MANIFEST-000001|000001\.dbtmp)$/;

/**
 * Looks at a folder before LevelDB opens it: without CURRENT it would begin anew and delete what it finds, and of a
 * damaged log it would drop all but the beginning.
 *
 * @returns what is wrong with it, or `undefined`
 */
export async function findDamage(directory: string): Promise<string | undefined> {
  const names = await readdir(directory);
  const begun = names.filter((name) => name !== 'CURRENT');
  if (begun.every((name) => beginnings.test(name))) return undefined;
  if (begun.length === names.length) return 'the file CURRENT is missing, or this folder holds something else';
  const logs = names.filter((name) => name.endsWith('.log'));
  if (logs.length === 0) return 'its log is missing';
  for (const name of logs) {
    // Another process that owns the journal may just be replacing it.
    const log = await readFile(join(directory, name)).catch(() => Buffer.alloc(0));
    if (!isWholeLog(log)) return `the file ${name} is damaged`;
  }
  return undefined;
}
