import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

/**
 * The file that says who owns a folder: whichever process has LevelDB's lock, and in it the journal that has this file open. It
 * stays when the owner goes, as LOCK does. If it were ever removed, two could each have another one open.
 */
export const ownerFile = 'OWNER';

export function hasOwnerFile(folder: string): boolean {
  return existsSync(join(folder, ownerFile));
}

/** Not through a symbolic link, nor waiting for the other end of a pipe. Windows has neither flag. */
const { O_APPEND, O_CREAT, O_WRONLY } = constants;
const openFlags = O_APPEND | O_CREAT | O_WRONLY | flag('O_NOFOLLOW') | flag('O_NONBLOCK');

function flag(name: 'O_NOFOLLOW' | 'O_NONBLOCK'): number {
  const known: unknown = constants[name];
  return typeof known === 'number' ? known : 0;
}

/** How long threads that ask at the same moment may take to step back. */
const looks = 20;
const betweenLooks = 10;

/** What a journal has of its folder. */
export interface FolderOwner {
  /** Whether the files of the folder were removed or replaced: LevelDB goes on writing into those that are gone. */
  isGone(): boolean;
  /** Gives the folder up, to be called once. */
  release(): void;
}

/**
 * Takes a folder for one journal of this process, whichever thread or copy of this package asks. Between processes
 * LevelDB's own lock does that, also between containers, and a crash gives it up. But LevelDB, where it refuses a second
 * opener in the same process, closes the lock file on the way, and by that the process loses the lock: another one
 * could then open the store as well. So nothing may get as far as LevelDB while another of this process has the folder.
 *
 * @returns `undefined` if this process has it already
 */
export async function ownFolder(folder: string): Promise<FolderOwner | undefined> {
  // A descriptor is the process's, and is closed when the thread or the process ends. A FileHandle would also be closed
  // when the journal is forgotten, and LevelDB would not.
  const mine = openSync(join(folder, ownerFile), openFlags, 0o600);
  const release = (): void => {
    closeSync(mine);
  };
  try {
    if (await isOnlyOne(mine)) return { isGone: () => fstatSync(mine).nlink === 0, release };
  } catch (error) {
    release();
    throw error;
  }
  release();
  return undefined;
}

/** Of two that open the file, the later one sees the earlier one, or it is gone. Both may see each other. */
async function isOnlyOne(mine: number): Promise<boolean> {
  for (let look = 1; ; look++) {
    const others = openHere(mine);
    if (others.length === 0) return true;
    // So that one of them gets it: the lowest waits for the others to step back, unless one of them is the owner.
    if (look === looks || others.some((other) => other < mine)) return false;
    await setTimeout(betweenLooks);
  }
}

/** The other descriptors of this process that are of the same file. LevelDB's lock is no sign: child processes inherit it. */
function openHere(mine: number): number[] {
  // There a second opener is refused without closing anything of the first one.
  if (process.platform === 'win32') return [];
  const { dev, ino } = fstatSync(mine, { bigint: true });
  const open = readdirSync('/dev/fd').map(Number);
  if (!open.includes(mine)) throw new Error('/dev/fd does not tell which files this process has open');
  return open.filter((descriptor) => descriptor !== mine && isFile(descriptor, dev, ino));
}

function isFile(descriptor: number, dev: bigint, ino: bigint): boolean {
  try {
    const found = fstatSync(descriptor, { bigint: true });
    return found.dev === dev && found.ino === ino;
  } catch {
    // Another thread has closed it by now.
    return false;
  }
}
