// One life of a batch, for crash.test.ts: runs on the built packages and prints its events as lines of JSON.
import { batch$, createWhisul } from '@whisul-rx/core';
import { openJournal } from '@whisul-rx/journal';

const [directory, baseUrl, count, concurrency, onUnknown] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
print({ type: 'alive' });
const whisul = createWhisul({ apiKey: 'test', baseUrl, schedule: () => 40 });
const prompts = Array.from({ length: Number(count) }, (_, index) => `song number ${index}`);
const journal = await openJournal(directory);
batch$(whisul, prompts, { journal, concurrency: Number(concurrency), onUnknown }).subscribe({
  next: (event) => print(event.type === 'problem' ? { ...event, code: event.error.code } : event),
  error: (error) => {
    print({ type: 'error', message: String(error) });
    process.exitCode = 1;
  },
  complete: () => void journal.close(),
});
