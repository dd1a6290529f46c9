import { tmpdir } from 'node:os';
import type { CompletedJob } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { expect, it } from 'vitest';
import { saveSong } from '../src/save-song.js';

it('rejects, which fails the demo, when a file of the song cannot be fetched', async () => {
  const server = await listen(createEmulator());
  const song_url = new URL('/songs/unknown.wav', server.url).href;
  const job: CompletedJob = {
    status: 'completed',
    job_id: 'x',
    prompt: 'a song',
    error: null,
    result: { title: 'Lost', bpm: 90, duration: 1, song_url, image_url: song_url, tags: '' },
  };
  await expect(saveSong(job, tmpdir())).rejects.toThrow(`${song_url} answered 404.`);
  await server.close();
});
