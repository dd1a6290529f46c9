import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type PartOwner, partOwner, thisOwner } from './part-name.js';

/** Ms after the last byte at which a part file counts as left behind, on whichever machine its owner ran: a day. */
const longest = 86_400_000;

/** When this process began. Measured once: later, the clock may have been set, or the machine have slept. */
const began = Date.now() - process.uptime() * 1_000;

/**
 * Removes the part files in a folder whose processes were killed before they could remove them. Those of processes that
 * are still running stay, and so do files that are not of this package. What cannot be read or removed stays, too.
 */
export async function clearStaleParts(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const owner = partOwner(name);
    if (owner === undefined) continue;
    const path = join(folder, name);
    try {
      const { mtimeMs } = await stat(path);
      if (isStale(owner, mtimeMs)) await rm(path, { force: true });
    } catch {
      // It has got its name meanwhile, or it cannot be removed: neither keeps a song from being saved.
    }
  }
}

function isStale({ host, pid }: PartOwner, mtime: number): boolean {
  if (Date.now() - mtime > longest) return true;
  if (host !== thisOwner.host) return false;
  // In a container every process may have the id of the one before it.
  return pid === thisOwner.pid ? mtime < began : !isRunning(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
