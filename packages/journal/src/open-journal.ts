import { mkdir, realpath } from 'node:fs/promises';
import { WhisulError, type Journal } from '@whisul-rx/core';
import { ClassicLevel } from 'classic-level';
import { findDamage } from './check-store.js';
import { decodeEntry, encodeEntry, seal, unseal } from './entry-codec.js';

const openAlready = 'it is open already, here or in another process';
const formatKey = 'format';
const format = 'whisul-rx journal 1';
/** Keys are written as JSON, which can tell any two strings apart; UTF-8 cannot, for lone surrogates. */
const entryKey = (key: string): string => `entry ${JSON.stringify(key)}`;
const allEntries = { gt: 'entry ', lt: 'entry!' };

/**
 * The folders that this process has open. LevelDB refuses a second opener too, but closes the lock file on the way,
 * and that gives up the first one's lock: another process could then open the journal as well.
 */
const owned = new Set<string>();

/**
 * Opens a journal in a folder, which is made if it is not there. An entry survives a crash of the process and of the
 * machine from the moment its `put` resolves: each is one write that is flushed to the disk.
 * One process at a time owns a folder, until `close()`.
 *
 * @param directory - the path of a folder for this journal alone
 * @returns a journal whose methods reject with code `journal` when the disk fails, when an entry is damaged, and after
 * `close()`
 * @throws WhisulError `invalid_request` for a path that is none; `journal`, naming the folder, where another process
 * (or another journal of this one) has it open, where it cannot be written, where a newer version wrote it, where it
 * holds something else, and where the store is damaged. A damaged store is left as it is: nothing is repaired or
 * removed.
 * @example
 * ```ts
 * import { createWhisul } from '@whisul-rx/core';
 * import { openJournal } from '@whisul-rx/journal';
 *
 * const journal = await openJournal('./album');
 * createWhisul()
 *   .batch$(['a calm piano', 'a fast banjo'], { journal })
 *   .subscribe({ complete: () => void journal.close() });
 * ```
 */
export async function openJournal(directory: string): Promise<Journal> {
  const given: unknown = directory;
  if (typeof given !== 'string' || given.trim() === '' || given.includes('\0'))
    throw new WhisulError('invalid_request', 'openJournal: give the path of a folder as a string that is not empty.');

  /** Turns whatever goes wrong into an error that says where. */
  const failed = (doing: string, cause: unknown): WhisulError =>
    new WhisulError('journal', `The journal in "${directory}" ${doing}: ${describe(cause)}.`, { cause });

  const folder = await findFolder(directory).catch((cause: unknown) => {
    throw failed('cannot be opened', cause);
  });
  const level = new ClassicLevel(folder);
  const close = async (): Promise<void> => {
    await level.close();
    owned.delete(folder);
  };
  try {
    await level.open();
    await checkContent(level);
  } catch (cause) {
    await close();
    throw failed('cannot be opened', cause);
  }

  const attempt = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    if (level.status !== 'open') throw new WhisulError('journal', `The journal in "${directory}" is closed.`);
    try {
      return await work();
    } catch (cause) {
      throw failed(doing, cause);
    }
  };
  return {
    get: (key) =>
      attempt(`cannot read the entry of "${key}"`, async () => {
        const sealed = await level.get(entryKey(key));
        return sealed === undefined ? undefined : decodeEntry(sealed);
      }),
    put: (entry) =>
      attempt(`cannot record the entry of "${entry.key}"`, () =>
        level.put(entryKey(entry.key), encodeEntry(entry), { sync: true }),
      ),
    async *entries() {
      const values = await attempt('cannot be read', () => Promise.resolve(level.values(allEntries)));
      try {
        for (;;) {
          const sealed = await attempt('cannot be read', () => values.next());
          if (sealed === undefined) return;
          yield await attempt('holds what is no entry', () => Promise.resolve(sealed).then(decodeEntry));
        }
      } finally {
        await values.close();
      }
    },
    close,
  };
}

/** Makes the folder and takes it for this process, after a look at it before LevelDB changes anything. */
async function findFolder(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const folder = await realpath(directory);
  const damage = owned.has(folder) ? openAlready : await findDamage(folder);
  // Looking takes a while, in which another call may have taken the folder.
  if (damage !== undefined || owned.has(folder)) throw new Error(damage ?? openAlready);
  owned.add(folder);
  return folder;
}

/** Reads everything once: a journal that has forgotten something must not be found out halfway through a batch. */
async function checkContent(level: ClassicLevel): Promise<void> {
  const sealedFormat = await level.get(formatKey);
  const written = sealedFormat === undefined ? undefined : unseal(sealedFormat);
  if (written === undefined) {
    const [foreign] = await level.keys({ limit: 1 }).all();
    if (foreign !== undefined) throw new Error('it is a LevelDB store of something else');
    await level.put(formatKey, seal(format), { sync: true });
  } else if (written !== format) {
    throw new Error(`it was written as "${written}", and this version of @whisul-rx/journal knows "${format}"`);
  }
  for await (const sealed of level.values(allEntries)) unseal(sealed);
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return 'for an unknown reason';
  const reason = cause.cause instanceof Error ? cause.cause : cause;
  if ('code' in reason && reason.code === 'LEVEL_LOCKED') return openAlready;
  return reason.message;
}
