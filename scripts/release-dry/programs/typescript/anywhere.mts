// What an application imports that runs wherever there is a `fetch`.
import {
  createWhisul,
  isWhisulError,
  type JobState,
  memoryJournal,
  song,
  songSchema,
  toAsyncIterable,
  type Whisul,
} from '@whisul-rx/core';
import { parseJobRef, readJobState } from '@whisul-rx/core/adapter';
import { createEmulator } from '@whisul-rx/emulator';
import { createSseSource } from '@whisul-rx/sse/client';
import { createJobsHandler, type JobsHandler, toSseResponse } from '@whisul-rx/sse/server';
import { firstValueFrom, type Observable } from 'rxjs';

const emulator = createEmulator({ apiKey: 'consumer-key', jobDuration: [100, 200] });
const whisul: Whisul = createWhisul({ apiKey: () => Promise.resolve('consumer-key'), fetch: emulator.fetch });

export const title: Promise<string> = firstValueFrom(whisul.generate$('a waltz').pipe(song())).then((it) => it.title);
export const states$: Observable<JobState> = whisul.job$('a-job');
export const source = createSseSource({ url: '/jobs', credentials: 'include', headers: { 'x-csrf-token': 'a' } });
export const handler: JobsHandler = createJobsHandler(whisul, { authorize: 'public', generate: true });
export const answer = toSseResponse(source.job$(parseJobRef('a-job').id));
export const duration: number = songSchema.parse({}).duration;
export const state: JobState | undefined = readJobState({ status: 'running' });

export async function follow(id: string): Promise<string> {
  try {
    for await (const job of toAsyncIterable(whisul.job$(id))) {
      if (job.status === 'completed') return job.result.song_url;
      if (job.status === 'failed') return String(job.error);
    }
  } catch (error) {
    if (isWhisulError(error, 'submit_unknown')) return error.prompt ?? '';
    throw error;
  }
  return '';
}

whisul.batch$(['a jig', 'a reel'], { concurrency: 2, journal: memoryJournal() }).subscribe({
  next: (event) => (event.type === 'state' ? event.job.status : event.error.code),
});

// @ts-expect-error: a typing error in a name is found.
states$.subscribe((job) => job.staus);
