import { batch$, isWhisulError, song, toAsyncIterable } from '@whisul-rx/core';
import { count, filter, lastValueFrom } from 'rxjs';
import { expectEqual } from './expect-equal.mjs';
import { openClient } from './open-client.mjs';

/** Makes songs as a stream, a promise, a loop and a batch, and looks at an error. */
export async function followJobs() {
  const { whisul, emulator, close } = openClient();
  const statuses = [];
  for await (const { status } of toAsyncIterable(whisul.generate$('a waltz'))) statuses.push(status);
  expectEqual([statuses[0], statuses.at(-1)], ['submitted', 'completed'], 'a loop over the states');

  const { title } = await lastValueFrom(whisul.job$(await whisul.submit('a tango')).pipe(song()));
  expectEqual(typeof title, 'string', 'the title of a song');
  expectEqual((await whisul.generate('a polka')).status, 'completed', 'a promise');

  const completed$ = batch$(whisul, ['a jig', 'a reel']).pipe(filter(({ job }) => job?.status === 'completed'));
  expectEqual(await lastValueFrom(completed$.pipe(count())), 2, 'completed jobs of a batch');
  expectEqual(emulator.jobs.size, 5, 'paid jobs');

  const error = await whisul.getJob('00000000-0000-4000-8000-000000000000').catch((reason) => reason);
  expectEqual(isWhisulError(error, 'not_found'), true, 'the error of a job that is not there');
  close();
}
