import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { saveSong } from '@whisul-rx/download';
import { lastValueFrom } from 'rxjs';
import { expectEqual } from '../anywhere/expect-equal.mjs';
import { openClient } from '../anywhere/open-client.mjs';

/** Saves a song and its cover. */
export async function saveFiles() {
  const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-songs-'));
  const { whisul, emulator, close } = openClient();
  await lastValueFrom(saveSong(await whisul.generate('a serenade'), folder, { fetch: emulator.fetch }));
  expectEqual((await readdir(folder)).map(extname).sort(), ['.png', '.wav'], 'the saved files');
  close();
  await rm(folder, { recursive: true });
}
