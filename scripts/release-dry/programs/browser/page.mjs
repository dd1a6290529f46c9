// What a page does: a client of its own (with a key that is worth nothing), and a source that follows a gateway.
import { createSseSource } from '@whisul-rx/sse/client';
import { lastValueFrom, map, toArray } from 'rxjs';
import { expectEqual } from '../anywhere/expect-equal.mjs';
import { followJobs } from '../anywhere/follow-jobs.mjs';
import { followThroughGateway } from '../anywhere/follow-through-gateway.mjs';

async function followTheServer() {
  const source = createSseSource({ url: '/jobs' });
  const statuses = await lastValueFrom(
    source.generate$('a march').pipe(
      map(({ status }) => status),
      toArray(),
    ),
  );
  expectEqual([statuses[0], statuses.at(-1)], ['submitted', 'completed'], 'the states of a job on the server');
  source.close();
}

async function main() {
  const done = [];
  for (const part of [followJobs, followThroughGateway, followTheServer]) {
    await part();
    done.push(part.name);
  }
  return done.length;
}

globalThis.outcome = main();
