import { WhisulError, type JobEngine } from '@whisul-rx/core';
import { parsePrompt } from '@whisul-rx/core/adapter';
import * as rx from 'rxjs';
import { baseUrl, withLateAborts, type Breach } from './breach.js';
import { createTinyEngine } from './tiny-engine.js';

/** Engines that the contract must refuse, each with the law that does. */
export const brokenEngines: Breach<JobEngine>[] = [
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
    (engine, _, closed$) => ({
      ...engine,
      generate$(request) {
        const job$ = engine.generate$(request);
        return rx.defer(() => {
          job$.pipe(rx.takeUntil(closed$)).subscribe({ error: () => undefined });
          return job$;
        });
      },
    }),
  ],
  [
    'lets the request in flight run into its timeout',
    'however often it is subscribed',
    (_, fetch) => createTinyEngine(baseUrl, withLateAborts(fetch)),
    // As patient as the suite is with adapters.
    15_000,
  ],
  [
    'keeps the receipt until the first poll is answered',
    'before any poll',
    (engine) => ({
      ...engine,
      generate$: (request) => engine.generate$(request).pipe(rx.bufferCount(2), rx.mergeAll()),
    }),
  ],
  [
    'believes a 404 right after the submit',
    'a 404 soon after',
    (_, fetch) =>
      createTinyEngine(baseUrl, async (url, init) => {
        const response = await fetch(url, init);
        return response.status === 404 ? Response.json({}, { status: 410 }) : response;
      }),
  ],
  [
    'follows a poll_url wherever it leads',
    'a poll_url that leads elsewhere',
    (_, fetch) => {
      let pollUrl = '';
      return createTinyEngine(baseUrl, async (url, init) => {
        if (init?.method !== 'POST') return fetch(new URL(pollUrl, baseUrl), init);
        const response = await fetch(url, init);
        const receipt: { poll_url: string } = await response.clone().json();
        pollUrl = receipt.poll_url;
        return response;
      });
    },
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
