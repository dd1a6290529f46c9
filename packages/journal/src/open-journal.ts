import { mkdir, realpath } from 'node:fs/promises';
import { WhisulError, type Journal, type JournalEntry } from '@whisul-rx/core';
import { pendingReceipts } from '@whisul-rx/core/adapter';
import { ClassicLevel } from 'classic-level';
import { findDamage } from './check-store.js';
import { decodeEntry, encodeEntry, seal, unseal } from './entry-codec.js';
import { allEntries, entryKey, formatKey } from './journal-keys.js';
import { hasOwnerFile, ownFolder } from './own-folder.js';
import { findOddFile, makePrivate } from './private-files.js';

const openAlready = 'it is open already, here or in another process';
const format = 'whisul-rx journal 1';

/**
 * Opens a journal in a folder, which is made if it is not there. When `put` resolves, the entry is on the disk: it survives
 * a crash of the process and of the machine.
 * Only the user who runs the process may read it (folder 0700, files 0600).
 * One journal at a time owns a folder, until `close()`: among all processes, threads and copies of this package.
 *
 * @param directory - the path of a folder for this journal alone
 * @returns a journal whose methods reject with code `journal` when the disk fails, when an entry is damaged, and after
 * `close()`
 * @throws WhisulError `invalid_request` if the path is not a path; `journal`, with the name of the folder, if another
 * process (or another journal of this one) has it open, if it cannot be written, if a newer version wrote it, if it has
 * files that are not those of a journal, and if it is damaged. Nothing is repaired or removed.
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

  const store = await openStore(directory).catch((cause: unknown) => {
    throw failed('cannot be opened', cause);
  });
  const { level } = store;
  const receipts = pendingReceipts();

  const attempt = async <T>(doing: string, work: () => T | Promise<T>): Promise<T> => {
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
        return sealed === undefined ? undefined : readEntry(entryKey(key), sealed);
      }),
    async put(entry) {
      const sealed = await attempt('cannot record what is no entry', () => encodeEntry(entry));
      await attempt(`cannot record the entry of "${entry.key}"`, async () => {
        await level.put(entryKey(entry.key), sealed, { sync: true });
        if (store.isGone()) throw new Error('its files were removed or replaced while it was open');
      });
    },
    async *entries() {
      const found = await attempt('cannot be read', () => level.iterator(allEntries));
      try {
        for (;;) {
          const next = await attempt('cannot be read', () => found.next());
          if (next === undefined) return;
          yield await attempt('holds what is no entry', () => readEntry(...next));
        }
      } finally {
        await found.close();
      }
    },
    hold: receipts.hold,
    close: async () => {
      await receipts.settle();
      await store.close().catch((cause: unknown) => {
        throw failed('cannot be closed', cause);
      });
    },
  };
}

/** A LevelDB store that is whole, that is this journal's, and that nothing else has open. */
interface Store {
  readonly level: ClassicLevel;
  /** Whether its files were removed or replaced meanwhile. */
  isGone(): boolean;
  close(): Promise<void>;
}

async function openStore(directory: string): Promise<Store> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const folder = await realpath(directory);
  const odd = await findOddFile(folder);
  if (odd !== undefined) throw new Error(odd);
  // The owner file is the first thing that a journal makes. Until it is there, the folder may be somebody else's.
  if (!hasOwnerFile(folder)) {
    const damage = await findDamage(folder).catch(describe);
    if (damage !== undefined && !hasOwnerFile(folder)) throw new Error(damage);
  }
  const owner = await ownFolder(folder);
  if (!owner) throw new Error(openAlready);
  let level: ClassicLevel | undefined;
  let closed: Promise<void> | undefined;
  const shut = async (): Promise<void> => {
    try {
      await level?.close();
      // Also what it made while it was open.
      if (level) await makePrivate(folder);
    } finally {
      owner.release();
    }
  };
  /** Closes once: a second time the folder may be another journal's. */
  const close = (): Promise<void> => (closed ??= shut());
  try {
    const refusal = await findRefusal(folder);
    if (refusal !== undefined) throw new Error(refusal);
    // It begins to open at once. Blocks that are not compressed can be checked without LevelDB.
    level = new ClassicLevel(folder, { compression: false });
    await level.open();
    await makePrivate(folder);
    await checkContent(level);
    return { level, isGone: () => owner.isGone(), close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** Why a folder that is owned here must not be opened: damage, or another process. What that is writing looks damaged. */
async function findRefusal(folder: string): Promise<string | undefined> {
  const damage = await findDamage(folder).catch(describe);
  if (damage === undefined) return undefined;
  // Fails in any case: either at the lock of another process, or before it reads the store. It only begins a new LOG.
  const probe = new ClassicLevel(folder, { createIfMissing: false, errorIfExists: true });
  const failure = await probe.open().catch(describe);
  // The other one may have closed it in between.
  return failure === openAlready ? openAlready : findDamage(folder).catch(describe);
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
  for await (const found of level.iterator(allEntries)) readEntry(...found);
}

/** LevelDB finds an entry by its key, and does not check that it is what was put there. */
function readEntry(key: string, sealed: string): JournalEntry {
  const entry = decodeEntry(sealed);
  if (entryKey(entry.key) !== key) throw new Error(`what is kept for "${key}" is the entry of "${entry.key}"`);
  return entry;
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return 'for an unknown reason';
  const reason = cause.cause instanceof Error ? cause.cause : cause;
  if ('code' in reason && reason.code === 'LEVEL_LOCKED') return openAlready;
  return reason.message;
}
