import { writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { CompletedJob } from '@whisul-rx/core';

/** Fetches the files of a song and saves them under its title; gives their names. They need no key. */
export async function saveSong({ result }: CompletedJob, folder: string): Promise<string[]> {
  const title = result.title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return Promise.all(
    [result.song_url, result.image_url].map(async (url) => {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
      const name = `${title}${extname(new URL(url).pathname)}`;
      await writeFile(join(folder, name), new Uint8Array(await response.arrayBuffer()));
      return name;
    }),
  );
}
