// Runs batches one after the other, each of which SIGINT stops cleanly, for stop.test.ts; on the built packages. Says
// `alive` when one begins.
import process from 'node:process';
import { createWhisul } from '@whisul-rx/core';
import { openJournal } from '@whisul-rx/journal';

const [way, root, baseUrl, count, ...names] = process.argv.slice(2);

async function runUntilSigint(name) {
  const prompts = Array.from({ length: Number(count) }, (_, index) => `${name} song ${index}`);
  const whisul = createWhisul({ apiKey: 'test', baseUrl, schedule: () => 40 });
  const journal = await openJournal(`${root}/${name}`);
  const stop = new AbortController();
  const options = { journal, concurrency: 4, ...(way === 'signal' && { signal: stop.signal }) };
  await new Promise((resolve, reject) => {
    let isComplete = false;
    const run = whisul.batch$(prompts, options).subscribe({
      error: (error) => (error.code === 'aborted' ? resolve() : reject(error)),
      complete: () => (isComplete = true),
    });
    process.once('SIGINT', () => {
      stop.abort();
      if (way === 'signal' && !isComplete) return;
      run.unsubscribe();
      if (way === 'unsubscribe, close the client') whisul.close();
      resolve();
    });
    process.stdout.write('alive\n');
  });
  await journal.close();
}

for (const name of names) await runUntilSigint(name);
