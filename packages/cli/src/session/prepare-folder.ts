import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WhisulError } from '@whisul-rx/core';

/** Makes the folder for songs, and tries whether it can be written: before anything is paid for. */
export async function prepareFolder(folder: string): Promise<void> {
  const probe = join(folder, `.whisul-rx-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, '', { flag: 'wx' });
    await rm(probe);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WhisulError('invalid_request', `The folder ${folder} cannot be written (${reason}). Nothing was sent.`, {
      cause,
    });
  }
}
