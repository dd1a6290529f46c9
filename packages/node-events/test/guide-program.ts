import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { fromEmitter, toEmitter } from '@whisul-rx/node-events';
import { once } from 'node:events';
import { lastValueFrom } from 'rxjs';

// For the real API, leave out the emulator and the options, and set WHISUL_API_KEY.
const emulator = createEmulator({ jobDuration: 500 });
const whisul = createWhisul({
  apiKey: 'any',
  baseUrl: 'http://emulator.local/api',
  fetch: emulator.fetch,
  schedule: fixedSchedule(50),
});

const waltz = toEmitter(whisul.generate$('a waltz for two robots'), { signal: AbortSignal.timeout(60_000) })
  .on('submitted', (job) => console.log('submitted', job.prompt))
  .on('running', () => console.log('running'))
  .on('completed', (job) => console.log('completed', job.result.song_url.startsWith('http')))
  .on('failed', (job) => console.log('failed', job.error))
  .on('error', (error) => console.log('error', error.code))
  .on('close', () => console.log('close'));

// Any number of others can listen, as events or as a stream: there is still one subscription.
const last = await lastValueFrom(fromEmitter(waltz));
console.log('the stream ended with', last.status);

// To await the end of a job, wait for `close`: it comes after every outcome, and `once` rejects on `error`.
const polka = toEmitter(whisul.generate$('a polka'));
await once(polka, 'close');
console.log('the polka is', polka.state?.status);

whisul.close();
emulator.close();
