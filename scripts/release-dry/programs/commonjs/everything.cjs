// What a program in CommonJS gets from `require`, which loads ES modules since Node 20.19.
const { once } = require('node:events');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { createWhisul, fixedSchedule, isWhisulError } = require('@whisul-rx/core');
const { readJobState } = require('@whisul-rx/core/adapter');
const { undiciTransport } = require('@whisul-rx/core/undici');
const { createBullmqEngine } = require('@whisul-rx/bullmq');
const { saveSong } = require('@whisul-rx/download');
const { createEmulator } = require('@whisul-rx/emulator');
const { listen } = require('@whisul-rx/emulator/node');
const { openJournal } = require('@whisul-rx/journal');
const { toEmitter } = require('@whisul-rx/node-events');
const { createSseSource } = require('@whisul-rx/sse/client');
const { createNodeJobsHandler } = require('@whisul-rx/sse/node');
const { createJobsHandler } = require('@whisul-rx/sse/server');
const { lastValueFrom } = require('rxjs');

const rest = { readJobState, createBullmqEngine, saveSong, createSseSource, createNodeJobsHandler, createJobsHandler };
for (const [name, value] of Object.entries(rest)) {
  if (typeof value !== 'function') throw new Error(`${name} is ${typeof value}`);
}

async function main() {
  const emulator = createEmulator({ apiKey: 'consumer-key', jobDuration: 200 });
  const server = await listen(emulator);
  const options = { apiKey: 'consumer-key', baseUrl: server.url, schedule: fixedSchedule(50) };
  for (const transport of [undefined, undiciTransport()]) {
    const whisul = createWhisul({ ...options, ...(transport && { transport }) });
    const { job_id } = await whisul.submit('a waltz');
    const { status } = await lastValueFrom(whisul.job$(job_id));
    if (status !== 'completed') throw new Error(`The job is ${status}.`);
    const emitter = toEmitter(whisul.generate$('a fugue'));
    await once(emitter, 'close');
    if (emitter.state.status !== 'completed') throw new Error(`The emitter's job is ${emitter.state.status}.`);
    whisul.close();
  }
  const error = await createWhisul({ ...options, apiKey: 'wrong' })
    .getJob('a')
    .catch((reason) => reason);
  // One copy of the class, whether it was required or imported.
  const imported = await import('@whisul-rx/core');
  if (!isWhisulError(error, 'unauthorized') || !(error instanceof imported.WhisulError)) throw error;
  const folder = mkdtempSync(join(tmpdir(), 'whisul-rx-commonjs-'));
  const journal = await openJournal(join(folder, 'journal'));
  await journal.close();
  rmSync(folder, { recursive: true });
  await server.close();
  emulator.close();
  console.log('Everything works through require.');
}

main();
