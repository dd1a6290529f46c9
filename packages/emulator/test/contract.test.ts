import { isTerminal, parsePrompt, WhisulError, type Job, type JobEngine, type JobSource } from '@whisul-rx/core';
import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import { describeJobEngine, describeJobSource } from '@whisul-rx/emulator/contract';
import { listen } from '@whisul-rx/emulator/node';
import * as rx from 'rxjs';
import { describe, expect, test } from 'vitest';
import { engineLaws } from '../src/contract/engine-laws.js';
import { tryLaw, type Law } from '../src/contract/law.js';
import { sharingLaws } from '../src/contract/sharing-laws.js';
import { streamLaws } from '../src/contract/stream-laws.js';
import { createTinyEngine } from './tiny-engine.js';

const baseUrl = 'http://emulator.local/api';

describeJobEngine('an engine in process', ({ fetch }) => ({ engine: createTinyEngine(baseUrl, fetch), close() {} }));

describeJobSource('a source over a port', async (emulator) => {
  const server = await listen(emulator);
  return { source: createTinyEngine(server.url), close: () => server.close() };
});

type Break<Subject> = (engine: JobEngine, fetch: Emulator['fetch']) => Subject;

/** Tries the law with that name on an engine that was broken on purpose. */
function tryBroken<Subject>(laws: readonly Law<Subject>[], part: string, breakIt: Break<Subject>): Promise<void> {
  const law = laws.find(({ name }) => name.includes(part));
  expect(law).toBeDefined();
  if (!law) return Promise.resolve();
  const factory = async ({ fetch }: Emulator) => ({
    subject: breakIt(createTinyEngine(baseUrl, fetch), fetch),
    close() {},
  });
  return tryLaw(law, factory, 500);
}

/** Changes what a source emits. */
const emitting =
  (change: (job$: rx.Observable<Job>) => rx.Observable<Job>): Break<JobSource> =>
  (engine) => ({ job$: (ref) => change(engine.job$(ref)) });

const withoutDetails = (job$: rx.Observable<Job>) =>
  job$.pipe(
    rx.catchError((error: unknown) =>
      rx.throwError(() => new WhisulError(error instanceof WhisulError ? error.code : 'engine', 'Something broke.')),
    ),
  );

const brokenSources: [breach: string, law: string, source: Break<JobSource>][] = [
  ['says every state twice', 'each change of status once', emitting(rx.mergeMap((job) => [job, job]))],
  [
    'completes late',
    'each change of status once',
    emitting((job$) => rx.concat(job$, rx.timer(30).pipe(rx.ignoreElements()))),
  ],
  ['leaves out the running state', 'each change of status once', emitting(rx.filter(isTerminal))],
  [
    'errors when a job fails',
    'a failed job is a value',
    emitting(
      rx.tap(({ status, error }) => {
        if (status === 'failed') throw new WhisulError('job_failed', error);
      }),
    ),
  ],
  [
    'passes on raw timestamps',
    'plain JSON',
    emitting(rx.map((job) => ({ ...job, started_at: '2026-02-17 15:39:34' }))),
  ],
  ['hides which job is unknown', 'an id that is not known', emitting(withoutDetails)],
  ['forgets the last state', 'carries code, jobId and lastState', emitting(withoutDetails)],
  [
    'gives up after one bad poll',
    'a failed poll is not',
    (_, fetch) => ({
      job$: (ref) =>
        createTinyEngine(baseUrl, async (url, init) => {
          const response = await fetch(url, init);
          return response.status === 500 ? Response.json({}, { status: 404 }) : response;
        }).job$(ref),
    }),
  ],
  [
    'gives up one failure early',
    'ten failures in a row',
    (_, fetch) => {
      let failures = 0;
      return createTinyEngine(baseUrl, async (url, init) => {
        const response = await fetch(url, init);
        failures = response.ok ? 0 : failures + 1;
        return failures === 9 ? Response.json({}, { status: 403 }) : response;
      });
    },
  ],
  [
    'asks again after a 410',
    'a definite answer',
    (_, fetch) =>
      createTinyEngine(baseUrl, async (url, init) => {
        const response = await fetch(url, init);
        return response.status === 410 ? Response.json({}, { status: 500 }) : response;
      }),
  ],
  [
    'does not care for Retry-After',
    'Retry-After is not undercut',
    (_, fetch) =>
      createTinyEngine(baseUrl, async (url, init) => {
        const { status, body } = await fetch(url, init);
        return new Response(body, { status });
      }),
  ],
  [
    'lets an id be a path',
    'one segment of the path',
    (_, fetch) =>
      createTinyEngine(baseUrl, (url, init) =>
        fetch(decodeURIComponent(url instanceof Request ? url.url : String(url)), init),
      ),
  ],
  [
    'polls an odd status in a hot loop',
    'at the usual pace',
    (engine, fetch) => ({
      job$: (ref) => {
        const { job_id } = typeof ref === 'string' ? { job_id: ref } : ref;
        const poll = () => fetch(`${baseUrl}/jobs/${job_id}`, { headers: { authorization: 'Bearer tiny' } });
        const loop$ = rx.range(50).pipe(rx.concatMap(poll), rx.ignoreElements());
        return rx.merge(engine.job$(ref), loop$);
      },
    }),
  ],
  [
    'polls at once whoever comes back',
    'does not hurry the polls',
    (_, fetch) => ({ job$: (ref) => createTinyEngine(baseUrl, fetch).job$(ref) }),
  ],
  [
    'completes a moment late',
    'each change of status once',
    emitting((job$) => rx.concat(job$, rx.scheduled(rx.EMPTY, rx.asapScheduler))),
  ],
  [
    'repeats reported statuses',
    'an undocumented status',
    emitting((job$) => rx.merge(job$, job$.pipe(rx.take(1), rx.delay(20)))),
  ],
  [
    'is hot',
    'before the first subscription',
    (engine) => ({
      job$(ref) {
        const job$ = engine.job$(ref);
        job$.pipe(rx.takeUntil(rx.timer(2_000))).subscribe({ error: () => undefined });
        return job$;
      },
    }),
  ],
  [
    'never stops',
    'when the last subscriber leaves',
    (engine) => ({
      job$: (ref) =>
        rx.defer(() => {
          engine
            .job$(ref)
            .pipe(rx.takeUntil(rx.timer(2_000)))
            .subscribe({ error: () => undefined });
          return engine.job$(ref);
        }),
    }),
  ],
  [
    'polls once a subscriber',
    'share one loop',
    (_, fetch) => ({ job$: (ref) => createTinyEngine(baseUrl, fetch).job$(ref) }),
  ],
  [
    'takes the others along when one leaves',
    'one subscriber leaving',
    (engine) => {
      const left$ = new rx.Subject<void>();
      return {
        job$: (ref) => engine.job$(ref).pipe(rx.tap({ unsubscribe: () => left$.next() }), rx.takeUntil(left$)),
      };
    },
  ],
  [
    'asks again for what is over',
    'after the terminal state a subscriber',
    (_, fetch) => ({
      job$: (ref) => createTinyEngine(baseUrl, fetch).job$(ref),
    }),
  ],
  [
    'mixes jobs up',
    'many jobs at once',
    (engine) => {
      let first: Parameters<JobSource['job$']>[0] | undefined;
      return { job$: (ref) => engine.job$((first ??= ref)) };
    },
  ],
  [
    'throws instead of erring',
    'a ref that names no job',
    (engine) => ({
      job$(ref) {
        if (ref === '') throw new WhisulError('invalid_request', 'No id.');
        return engine.job$(ref);
      },
    }),
  ],
];

const brokenEngines: [breach: string, law: string, engine: Break<JobEngine>][] = [
  [
    'hides the receipt',
    'emits submitted',
    (engine) => ({
      ...engine,
      generate$: (request) => engine.generate$(request).pipe(rx.filter(({ status }) => status !== 'submitted')),
    }),
  ],
  [
    'pays once a subscriber',
    'one call is one POST',
    (engine) => ({
      ...engine,
      generate$: (request) => rx.defer(() => engine.generate$(request)),
    }),
  ],
  [
    'polls on when it is left',
    'however often it is subscribed',
    (engine) => ({
      ...engine,
      generate$(request) {
        const job$ = engine.generate$(request);
        return rx.defer(() => {
          job$.pipe(rx.takeUntil(rx.timer(3_000))).subscribe({ error: () => undefined });
          return job$;
        });
      },
    }),
  ],
  [
    'trims prompts',
    'for those who see its end',
    (engine) => ({ ...engine, generate$: (request) => engine.generate$(parsePrompt(request).trim()) }),
  ],
  [
    'does not say what it may have cost',
    'is submit_unknown',
    (engine) => ({
      ...engine,
      generate$: (request) =>
        engine
          .generate$(request)
          .pipe(
            rx.catchError(() =>
              rx.throwError(() => new WhisulError('submit_unknown', 'Who knows.', { prompt: parsePrompt(request) })),
            ),
          ),
    }),
  ],
  [
    'pays again when a job fails',
    'not submitted again',
    (engine) => ({
      ...engine,
      generate$: (request) =>
        engine.generate$(request).pipe(
          rx.concatMap((job) => (job.status === 'failed' ? engine.generate$(request) : [job])),
          rx.takeUntil(rx.timer(1_000)),
        ),
    }),
  ],
  [
    'sends again what may be paid',
    'is submit_unknown',
    (engine) => ({
      ...engine,
      generate$: (request) => engine.generate$(request).pipe(rx.catchError(() => engine.generate$(request))),
    }),
  ],
  [
    'follows redirects',
    'is submit_unknown',
    (_, fetch) => createTinyEngine(baseUrl, (url, init) => fetch(url, { ...init, redirect: 'follow' })),
  ],
  [
    'gives up on 429',
    'refused for now',
    (_, fetch) =>
      createTinyEngine(baseUrl, async (url, init) => {
        const response = await fetch(url, init);
        return response.status === 429 ? Response.json({}, { status: 400 }) : response;
      }),
  ],
  [
    'aborts the POST',
    'leaving while the POST',
    (_, fetch) => ({
      job$: () => rx.EMPTY,
      generate$: (request) =>
        rx.defer(() => {
          const left = new AbortController();
          const own = createTinyEngine(baseUrl, (url, init) => fetch(url, { ...init, signal: left.signal }));
          return own.generate$(request).pipe(rx.finalize(() => left.abort()));
        }),
    }),
  ],
  [
    'throws instead of erring',
    'a bad prompt',
    (engine) => ({
      ...engine,
      generate$(request) {
        if (request === '') throw new WhisulError('invalid_request', 'No prompt.');
        return engine.generate$(request);
      },
    }),
  ],
];

describe('the contract refuses', { concurrent: true, timeout: 60_000 }, () => {
  test.each(brokenSources)('a source that %s', async (_, law, source) => {
    await expect(tryBroken([...streamLaws, ...sharingLaws], law, source)).rejects.toThrow();
  });
  test.each(brokenEngines)('an engine that %s', async (_, law, engine) => {
    await expect(tryBroken(engineLaws, law, engine)).rejects.toThrow();
  });
});

test('a law frees its adapter and its emulator, also when it is broken', async () => {
  const emulators: Emulator[] = [];
  let closed = 0;
  const law: Law<string> = { name: 'never holds', run: () => Promise.reject(new Error('broken')) };
  const trial = tryLaw(law, async (emulator) => {
    emulators.push(emulator);
    return { subject: '', close: () => void (closed += 1) };
  });
  await expect(trial).rejects.toThrow('broken');
  expect(closed).toBe(1);
  await expect(emulators[0]?.fetch(baseUrl)).rejects.toThrow('fetch failed');
  expect(createEmulator().requests).toEqual([]);
});
