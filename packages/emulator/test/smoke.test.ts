import type { JobEngine } from '@whisul-rx/core';
import type { Emulator } from '@whisul-rx/emulator';
import * as rx from 'rxjs';
import { describe, expect, test } from 'vitest';
import { smokeTest } from '../src/contract/smoke-test.js';
import { baseUrl } from './breach.js';
import { createTinyEngine } from './tiny-engine.js';

/** Only what never comes takes as long. */
const limit = 4_000;

interface Made {
  readonly engine: JobEngine;
  close(): void;
}

/** What the smoke test says of an engine. Adapters come from JavaScript, too: the types do not hold what is made. */
async function verdict(make: (emulator: Emulator, tiny: JobEngine) => unknown): Promise<string> {
  const engineOf = ({ engine }: Made) => engine;
  const create = async (emulator: Emulator): Promise<Made> => {
    const made: unknown = await make(emulator, createTinyEngine(baseUrl, emulator.fetch));
    const name: string = 'made';
    return Reflect.get({ made }, name);
  };
  return smokeTest({ kind: 'engine', create, sourceOf: engineOf, engineOf }, limit).then(
    () => 'fine',
    (error: unknown) => (error instanceof Error ? error.message : 'no error'),
  );
}

const close = () => undefined;
const never = { job$: () => rx.NEVER, generate$: () => rx.NEVER };

describe('the smoke test of the contract', { concurrent: true }, () => {
  test('accepts an engine that works', async () => {
    expect(await verdict((_, engine) => ({ engine, close }))).toBe('fine');
  });

  test.each<[string, (emulator: Emulator, tiny: JobEngine) => unknown, string]>([
    ['throws', () => Promise.reject(new Error('no wire')), 'create(emulator) failed: no wire'],
    ['hangs', () => new Promise(() => undefined), 'create(emulator) failed: its promise did not settle within 4 s.'],
    ['gives nothing', () => undefined, 'create(emulator) must give { engine, close }, but gave undefined.'],
    ['names it otherwise', () => ({ source: never, close }), 'close }, but its `engine` is undefined.'],
    ['cannot be closed', () => ({ engine: never }), 'close }, but it has no function `close`.'],
    ['has no job$', () => ({ engine: {}, close }), 'The engine has no function `job$`.'],
    ['starts nothing', () => ({ engine: { job$: () => rx.NEVER }, close }), 'The engine has no function `generate$`.'],
    [
      'gives a promise',
      () => ({ engine: { ...never, job$: () => 7 }, close }),
      'job$(id) must return an Observable of RxJS, but gave 7.',
    ],
    [
      'throws in job$',
      () => ({ engine: { ...never, job$: () => Reflect.apply(Reflect.get({}, 'x'), {}, []) }, close }),
      'job$(id) threw "',
    ],
    [
      'is silent',
      () => ({ engine: never, close }),
      "job$(id) of a running job emitted nothing within 4 s, not a state 'running'. No request of the adapter has reached the emulator: use `emulator.fetch`",
    ],
    [
      'emits odd things',
      () => ({ engine: { ...never, job$: () => rx.of(null) }, close }),
      "before it errored, not a state 'running'. The error: This is not a job state: null.",
    ],
    [
      'has the wrong path',
      ({ fetch }) => ({ engine: createTinyEngine('http://emulator.local/v1', fetch), close }),
      'The emulator has received 1 requests of the adapter; the last: GET /v1/jobs/',
    ],
    [
      'has no key',
      ({ fetch }) => ({
        engine: createTinyEngine(baseUrl, (url, init) => fetch(url, { ...init, headers: {} })),
        close,
      }),
      ': 401. Some had no `authorization: Bearer …` header.',
    ],
    [
      'polls once',
      ({ fetch }, tiny) => {
        let polls = 0;
        const once: typeof fetch = (url, init) => (polls++ === 0 ? fetch(url, init) : new Promise(() => undefined));
        return { engine: { ...tiny, job$: createTinyEngine(baseUrl, once).job$ }, close };
      },
      'The suite needs a poll about every 15 ms (`schedule: fixedSchedule(15)`).',
    ],
    [
      'never sees the end',
      (_, tiny) => ({
        engine: { ...tiny, job$: (id: string) => tiny.job$(id).pipe(rx.filter((job) => job.status === 'running')) },
        close,
      }),
      'job$(id) of a job that has completed emitted only [{"status":"running"',
    ],
    [
      'does not complete',
      (_, tiny) => ({ engine: { ...tiny, job$: (id: string) => rx.concat(tiny.job$(id), rx.NEVER) }, close }),
      "job$(id) emitted 'completed' but did not complete within 4 s.",
    ],
    [
      'does not submit',
      (_, tiny) => ({ engine: { ...tiny, generate$: () => rx.NEVER }, close }),
      "generate$(prompt) after its POST emitted nothing within 4 s, not a state 'submitted'.",
    ],
    [
      'cannot close',
      (_, engine) => ({ engine, close: () => new Promise(() => undefined) }),
      'close() failed: its promise did not settle within 4 s.',
    ],
  ])('says what is missing in an engine that %s', async (_, make, sentence) => {
    expect(await verdict(make)).toContain(sentence);
  });

  test('ends within its limit when nothing at all happens, and by default that is 10 s', async () => {
    const began = performance.now();
    const engineOf = ({ engine }: Made) => engine;
    const create = () => ({ engine: never, close });
    const trial = smokeTest({ kind: 'engine', create, sourceOf: engineOf, engineOf });
    await expect(trial).rejects.toThrow('emitted nothing within 10 s');
    expect(performance.now() - began).toBeGreaterThanOrEqual(10_000);
  });
});
