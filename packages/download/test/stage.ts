import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompletedJob } from '@whisul-rx/core';
import { onTestFinished } from 'vitest';
import { type CdnAnswer, startCdn } from './cdn.js';

/** Waits that no test has to notice. */
export const quick = { baseDelay: 1, maxDelay: 5 } as const;

/** A CDN and an empty folder, for one test. */
export async function stage(answers: Record<string, CdnAnswer>) {
  const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-download-'));
  const cdn = await startCdn(answers);
  onTestFinished(async () => {
    await cdn.close();
    await rm(folder, { recursive: true });
  });
  const job = (changes: { id?: string; title?: string; song?: string; cover?: string } = {}): CompletedJob => ({
    status: 'completed',
    job_id: changes.id ?? '81fa5ff7',
    prompt: 'rain',
    error: null,
    result: {
      title: changes.title ?? 'Midnight Drizzle',
      bpm: 85,
      duration: 183,
      song_url: changes.song ?? `${cdn.url}/song.mp3`,
      image_url: changes.cover ?? `${cdn.url}/cover.png`,
      tags: '',
    },
  });
  return {
    folder,
    cdn,
    job,
    names: async () => (await readdir(folder)).sort(),
    read: (name: string) => readFile(join(folder, name)),
  };
}
