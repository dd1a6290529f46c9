import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWhisul, fixedSchedule, type JobEngine, memoryJournal, song, toAsyncIterable } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { openJournal } from '@whisul-rx/journal';
import { fromEmitter, toEmitter } from '@whisul-rx/node-events';
import { createSseSource } from '@whisul-rx/sse/client';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { createJobsHandler, toSseResponse } from '@whisul-rx/sse/server';
import { config, firstValueFrom, lastValueFrom, map, toArray } from 'rxjs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';

// An option of RxJS 7 for the whole process: with it an observer's methods are called on another object than the observer.
const useNextContext = (value: boolean) => Object.assign(config, { useDeprecatedNextContext: value });
beforeAll(() => {
  useNextContext(true);
});
afterAll(() => {
  useNextContext(false);
});

/** A client of an emulator whose jobs take a few polls. */
function client() {
  let polls = 0;
  // Each poll moves the clock: nothing waits for real time.
  const emulator = createEmulator({ jobDuration: 2_000, now: () => 1_700_000_000_000 + polls * 1_000 });
  const whisul = createWhisul({
    apiKey: 'any',
    baseUrl: 'http://emulator.local/api',
    fetch: (input, init) => {
      polls += 1;
      return emulator.fetch(input, init);
    },
    schedule: fixedSchedule(1),
  });
  onTestFinished(() => {
    whisul.close();
    emulator.close();
  });
  return { emulator, whisul };
}

const statusesOf = (engine: JobEngine, prompt = 'a waltz') =>
  lastValueFrom(
    engine.generate$(prompt).pipe(
      map(({ status }) => status),
      toArray(),
    ),
  );
const whole = ['submitted', 'running', 'completed'];
/** Of a gateway a slow reader gets the newest state. */
const ends = (statuses: string[]) => [statuses[0], statuses.at(-1)];

it('the client works: streams, promises, events', async () => {
  const { whisul } = client();
  const told: string[] = [];
  whisul.events$.subscribe(({ type }) => told.push(type));
  expect(await statusesOf(whisul)).toEqual(whole);

  const receipt = await whisul.submit('a tango');
  expect((await whisul.getJob(receipt)).status).toBe('running');
  const job$ = whisul.job$(receipt);
  const [song$, states] = [firstValueFrom(job$.pipe(song())), lastValueFrom(job$.pipe(toArray()))];
  expect([(await song$).title, (await states).at(-1)?.status]).toEqual([expect.any(String), 'completed']);
  expect((await whisul.generate('a polka', { signal: new AbortController().signal })).status).toBe('completed');
  const read: string[] = [];
  for await (const { status } of toAsyncIterable(whisul.generate$('a march'))) read.push(status);
  expect(read.at(-1)).toBe('completed');
  expect(told).toEqual(expect.arrayContaining(['request', 'response', 'submitted', 'transition']));

  const left$ = whisul.job$(await whisul.submit('a reel'));
  const ended = lastValueFrom(left$).catch((error: unknown) => error);
  whisul.close();
  expect(await ended).toMatchObject({ code: 'closed' });
});

it('batches work with each kind of journal, and pay for nothing twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'next-context-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const journal of [undefined, memoryJournal(), await openJournal(join(folder, 'journal'))]) {
    const { whisul, emulator } = client();
    const run = () => lastValueFrom(whisul.batch$(['a', 'b', 'c'], { journal, concurrency: 2 }).pipe(toArray()));
    const completed = (events: Awaited<ReturnType<typeof run>>) =>
      events.flatMap((event) => (event.type === 'state' && event.job.status === 'completed' ? [event.key] : [])).sort();
    expect(completed(await run())).toEqual(['0', '1', '2']);
    if (journal) expect(completed(await run())).toEqual(['0', '1', '2']);
    expect(emulator.jobs.size).toBe(3);
    await journal?.close();
  }
});

it('a gateway and its source work, on the web and on Node', async () => {
  const { whisul } = client();
  const options = { authorize: 'public', generate: true } as const;
  const handler = createJobsHandler(whisul, options);
  const web = createSseSource({
    url: 'http://app.test/jobs',
    fetch: (input, init) => handler(new Request(input, init)),
  });
  expect(ends(await statusesOf(web))).toEqual(['submitted', 'completed']);

  const nodeHandler = createNodeJobsHandler(whisul, options);
  const server = createServer(nodeHandler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const node = createSseSource({ url: `http://127.0.0.1:${port}/jobs` });
  expect(ends(await statusesOf(node, 'a jig'))).toEqual(['submitted', 'completed']);
  const { job_id } = await whisul.submit('a hymn');
  const jobs = [web, node].map(async (source) => (await lastValueFrom(source.job$(job_id))).status);
  expect(await Promise.all(jobs)).toEqual(['completed', 'completed']);
  const text = await toSseResponse(whisul.generate$('a psalm')).text();
  expect(text).toContain('"status":"completed"');
  web.close();
  node.close();
  await Promise.all([handler.close(), nodeHandler.close()]);
  server.close();
  await once(server, 'close');
});

it('an emitter works, and as a stream again', async () => {
  const { whisul } = client();
  const statuses$ = fromEmitter(toEmitter(whisul.generate$('a fugue'))).pipe(map(({ status }) => status));
  expect(await lastValueFrom(statuses$.pipe(toArray()))).toEqual(whole);
});
