import { createSseSource } from '@whisul-rx/sse/client';
import { createJobsHandler, toSseResponse } from '@whisul-rx/sse/server';
import { lastValueFrom, map, toArray } from 'rxjs';
import { expectEqual } from './expect-equal.mjs';
import { openClient } from './open-client.mjs';

/** Follows jobs through a gateway of web requests and answers, both ends in this process. */
export async function followThroughGateway() {
  const { whisul, close } = openClient();
  const handler = createJobsHandler(whisul, { authorize: 'public', generate: true });
  const source = createSseSource({
    url: 'http://app.local/jobs',
    fetch: (input, init) => handler(new Request(input, init)),
  });
  const statuses = await lastValueFrom(
    source.generate$('a march').pipe(
      map(({ status }) => status),
      toArray(),
    ),
  );
  expectEqual([statuses[0], statuses.at(-1)], ['submitted', 'completed'], 'the states through a gateway');
  const { job_id } = await whisul.submit('a hymn');
  expectEqual((await lastValueFrom(source.job$(job_id))).status, 'completed', 'a job by its id');
  const text = await toSseResponse(whisul.generate$('a psalm')).text();
  expectEqual(text.includes('"status":"completed"'), true, 'a stream as a response');
  source.close();
  await handler.close();
  close();
}
