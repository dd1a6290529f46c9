import { fstatSync } from 'node:fs';
import { open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

const prefix = 'OWNER-';

export function isOwnerFile(name: string): boolean {
  return /^OWNER-\d+$/.test(name);
}

/** A folder that this process, and nothing else in it, may open with LevelDB. */
export interface OwnedFolder {
  /** The id of another process that has it as well, and that lives: LevelDB's lock tells which of the two is right. */
  otherOwner(): Promise<number | undefined>;
  /** Once LevelDB has its own lock: removes what owners that crashed have left. */
  tidy(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a folder for one journal of this process, whichever thread or copy of this package asks. LevelDB refuses a second
 * opener in the same process too, but closes the lock file on the way, and that gives up the first one's lock: another
 * process could then open the store as well.
 * The sign is a file that is kept open: after a crash one may still be there, and is open no more.
 *
 * @returns `undefined` if this process has it already
 */
export async function ownFolder(folder: string): Promise<OwnedFolder | undefined> {
  const name = `${prefix}${String(process.pid)}`;
  const path = join(folder, name);
  let handle: FileHandle | undefined;
  while (!handle) {
    try {
      handle = await open(path, 'wx');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      if (await isOpenHere(path)) return undefined;
      await rm(path, { force: true });
    }
  }
  const owner = handle;
  const others = async (): Promise<string[]> =>
    (await readdir(folder)).filter((other) => isOwnerFile(other) && other !== name);
  return {
    async otherOwner() {
      const pids = (await others()).map((other) => Number(other.slice(prefix.length)));
      return pids.find(isAlive);
    },
    async tidy() {
      for (const other of await others()) await rm(join(folder, other), { force: true });
    },
    async release() {
      await rm(path, { force: true });
      await owner.close();
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Whether this process has a file open. Windows cannot tell; there LevelDB's own lock does all that is needed. */
async function isOpenHere(path: string): Promise<boolean> {
  try {
    const { dev, ino } = await stat(path);
    const files = await readdir('/dev/fd');
    return files.some((file) => isFile(Number(file), dev, ino));
  } catch {
    return false;
  }
}

function isFile(descriptor: number, dev: number, ino: number): boolean {
  try {
    const found = fstatSync(descriptor);
    return found.dev === dev && found.ino === ino;
  } catch {
    // The one that listed them is closed by now.
    return false;
  }
}
