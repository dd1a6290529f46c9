// What an application on Node imports.
import { createServer } from 'node:http';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, isTerminal } from '@whisul-rx/core';
import { undiciTransport } from '@whisul-rx/core/undici';
import { saveSong } from '@whisul-rx/download';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { openJournal } from '@whisul-rx/journal';
import { fromEmitter, type JobEmitter, toEmitter } from '@whisul-rx/node-events';
import { createNodeJobsHandler, pipeToSse } from '@whisul-rx/sse/node';

export const api = await listen(createEmulator(), { port: 0 });
const whisul = createWhisul({ baseUrl: api.url, transport: undiciTransport() });
const emitter: JobEmitter = toEmitter(whisul.generate$('a fugue'));
emitter.on('completed', (job) => job.result.title).on('error', (error) => error.code);
fromEmitter(emitter).subscribe((job) => {
  if (isTerminal(job) && job.status === 'completed') saveSong(job, 'songs').subscribe(({ path }) => path);
});

const jobs = createNodeJobsHandler(whisul, { authorize: (request) => (request.url === '/' ? false : ['a-job']) });
createServer((request, response) => {
  if (request.url === '/one') pipeToSse(whisul.job$('a-job'), request, response);
  else jobs(request, response);
}).listen(0);

const journal = await openJournal('album');
whisul.batch$(['a jig'], { journal }).subscribe({ complete: () => void journal.close() });
for await (const entry of journal.entries()) entry.key satisfies string;

export const engine = createBullmqEngine({ whisul, connection: 'redis://localhost:6379' });
engine.batch$(['a reel'], { name: 'album' }).subscribe((event) => event.key);
