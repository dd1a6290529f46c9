import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '@whisul-rx/journal';
import { lastValueFrom, toArray } from 'rxjs';
import { expectEqual } from '../anywhere/expect-equal.mjs';
import { openClient } from '../anywhere/open-client.mjs';

/** Runs a batch twice with a journal on disk: the second run pays for nothing. */
export async function keepJournal() {
  const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-journal-'));
  const { whisul, emulator, close } = openClient();
  for (const run of ['first', 'second']) {
    const journal = await openJournal(join(folder, 'journal'));
    const events = await lastValueFrom(whisul.batch$(['a', 'b', 'c'], { journal }).pipe(toArray()));
    const completed = events.filter((event) => event.type === 'state' && event.job.status === 'completed');
    expectEqual(completed.length, 3, `completed jobs of the ${run} run`);
    await journal.close();
  }
  expectEqual(emulator.jobs.size, 3, 'paid jobs of both runs');
  close();
  await rm(folder, { recursive: true });
}
