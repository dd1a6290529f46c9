import { createBullmqEngine } from '@whisul-rx/bullmq';
import { adaptiveSchedule, batch$, batchProgress, createWhisul, memoryJournal, pollUntil } from '@whisul-rx/core';
import { undiciTransport } from '@whisul-rx/core/undici';
import { saveSong } from '@whisul-rx/download';
import { createEmulator } from '@whisul-rx/emulator';
import { describeJobEngine, describeJobSource } from '@whisul-rx/emulator/contract';
import { listen } from '@whisul-rx/emulator/node';
import { toEmitter } from '@whisul-rx/node-events';
import { createSseSource } from '@whisul-rx/sse/client';
import { createNodeJobsHandler, pipeToSse } from '@whisul-rx/sse/node';
import { createJobsHandler, toSseMessages, toSseResponse } from '@whisul-rx/sse/server';
import { isObservable, lastValueFrom, NEVER, of } from 'rxjs';
import { expect, it } from 'vitest';

const emulator = createEmulator();
const whisul = createWhisul({ apiKey: 'any', baseUrl: 'http://emulator.local/api', fetch: emulator.fetch });
const serve = { authorize: 'public' };
const page = { url: 'https://app.example/jobs' };
const isTerminal = () => true;

/** Each function that takes options, with those it needs, as a program in JavaScript calls it. */
const calls: Record<string, [call: (...given: never[]) => unknown, given: (options: object) => unknown[]]> = {
  createWhisul: [createWhisul, (options) => [options]],
  'createWhisul: budget': [createWhisul, (budget) => [{ budget }]],
  'createWhisul: retry': [createWhisul, (retry) => [{ retry }]],
  submit: [whisul.submit, (options) => ['p', options]],
  generate: [whisul.generate, (options) => ['p', options]],
  getJob: [whisul.getJob, (options) => ['a', options]],
  'whisul.batch$': [whisul.batch$, (options) => [['p'], options]],
  batch$: [batch$, (options) => [whisul, ['p'], options]],
  batchProgress: [(options: never) => NEVER.pipe(batchProgress(options)), (options) => [options]],
  pollUntil: [pollUntil, (options) => [() => Promise.resolve(1), { isTerminal, ...options }]],
  adaptiveSchedule: [adaptiveSchedule, (options) => [options]],
  undiciTransport: [undiciTransport, (options) => [options]],
  createJobsHandler: [createJobsHandler, (options) => [whisul, { ...serve, ...options }]],
  'createJobsHandler: cors': [createJobsHandler, (cors) => [whisul, { ...serve, cors: { origin: '*', ...cors } }]],
  createNodeJobsHandler: [createNodeJobsHandler, (options) => [whisul, { ...serve, ...options }]],
  toSseResponse: [toSseResponse, (options) => [NEVER, options]],
  toSseMessages: [toSseMessages, (options) => [NEVER, options]],
  pipeToSse: [pipeToSse, (options) => [NEVER, {}, {}, options]],
  createSseSource: [createSseSource, (options) => [{ ...page, ...options }]],
  'createSseSource: retry': [createSseSource, (retry) => [{ ...page, retry }]],
  createBullmqEngine: [createBullmqEngine, (options) => [{ whisul, connection: 'redis://localhost', ...options }]],
  saveSong: [saveSong, (options) => [{}, 'songs', options]],
  toEmitter: [toEmitter, (options) => [of(), options]],
  createEmulator: [createEmulator, (options) => [options]],
  listen: [listen, (options) => [emulator, options]],
  describeJobSource: [describeJobSource, (options) => ['mine', { create: () => undefined, ...options }]],
  describeJobEngine: [describeJobEngine, (options) => ['mine', { create: () => undefined, ...options }]],
};

/** How a call ends: what it throws, or what its promise or its stream fails with. */
async function failureOf(name: string, options: object): Promise<unknown> {
  const [call, given] = calls[name] ?? [];
  try {
    const made: unknown = Reflect.apply(call ?? expect.fail, undefined, given?.(options) ?? []);
    await (isObservable(made) ? lastValueFrom(made) : made);
  } catch (error) {
    return error;
  }
  return undefined;
}

/** A name that exists, and what somebody made of it. */
const misspelt: Record<string, [meant: string, written: string]> = {
  createWhisul: ['apiKey', 'apikey'],
  'createWhisul: budget': ['maxInFlight', 'maxInflight'],
  'createWhisul: retry': ['maxFailures', 'maxFailure'],
  submit: ['signal', 'singal'],
  generate: ['signal', 'signl'],
  getJob: ['signal', 'Signal'],
  'whisul.batch$': ['concurrency', 'concurency'],
  batch$: ['journal', 'jurnal'],
  batchProgress: ['total', 'totl'],
  pollUntil: ['timeout', 'timeOut'],
  adaptiveSchedule: ['expected', 'expect'],
  undiciTransport: ['pipelining', 'pipelines'],
  createJobsHandler: ['basePath', 'basepath'],
  'createJobsHandler: cors': ['credentials', 'credential'],
  createNodeJobsHandler: ['maxSubmits', 'maxSubmit'],
  toSseResponse: ['heartbeat', 'heartBeat'],
  toSseMessages: ['heartbeat', 'hearbeat'],
  pipeToSse: ['lastEventId', 'lastEventID'],
  createSseSource: ['jobsPerStream', 'jobPerStream'],
  'createSseSource: retry': ['baseDelay', 'basedelay'],
  createBullmqEngine: ['requestsPerSecond', 'requestPerSecond'],
  saveSong: ['maxBytes', 'maxByte'],
  toEmitter: ['signal', 'sginal'],
  createEmulator: ['jobDuration', 'jobduration'],
  listen: ['port', 'prot'],
  describeJobSource: ['breakConnection', 'breakConnections'],
  describeJobEngine: ['breakConnection', 'breakconnection'],
};

it.each(Object.keys(calls))(
  '%s refuses an option that does not exist, and names the one that was meant',
  async (name) => {
    const [meant = '', written = ''] = misspelt[name] ?? [];
    expect(await failureOf(name, { [written]: undefined })).toMatchObject({
      name: 'WhisulError',
      code: 'invalid_request',
      message: `The option \`${written}\` does not exist. Did you mean \`${meant}\`?`,
    });
  },
);

it('a misspelt `authorize` is told as such, and not as a missing one', () => {
  const untyped: (...given: never[]) => unknown = createJobsHandler;
  expect(() => Reflect.apply(untyped, undefined, [whisul, { authorise: () => true }])).toThrow(
    /`authorise`.*`authorize`/,
  );
});

it('what was refused was never begun', async () => {
  const journal = memoryJournal();
  expect(await failureOf('batch$', { journal, maxSubmit: 1 })).toMatchObject({ code: 'invalid_request' });
  const kept: unknown[] = [];
  for await (const entry of journal.entries()) kept.push(entry);
  expect([kept, emulator.requests]).toEqual([[], []]);
});
