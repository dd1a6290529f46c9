import { createWhisul, fixedSchedule, type WhisulOptions } from '@whisul-rx/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolveEngineOptions } from './engine-options.js';

const connection = 'redis://localhost';
const queueOf = (apiKey: string | (() => string) | undefined, account?: string): string =>
  resolveEngineOptions({
    whisul: createWhisul(apiKey === undefined ? {} : { apiKey }),
    connection,
    ...(account !== undefined && { account }),
  }).queueName;

beforeEach(() => {
  vi.stubEnv('WHISUL_API_KEY', 'of-the-process');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it('clients with the same key share a queue, wherever the key comes from; clients with other keys do not', () => {
  expect(queueOf('of-the-process')).toBe(queueOf(undefined));
  expect(queueOf('another')).not.toBe(queueOf('of-the-process'));
});

it('a name of your own takes the place of the key', () => {
  expect(queueOf('one', 'mine')).toBe(queueOf('another', 'mine'));
  expect(queueOf('one', 'mine')).not.toBe(queueOf('one'));
});

it('a key that may change does not name the queue', () => {
  expect(queueOf(() => 'today')).toBe(queueOf(() => 'tomorrow'));
});

it('a queue is not called like the key', () => {
  expect(queueOf('of-the-process')).toMatch(/^whisul-api-[0-9a-f]{16}$/);
});

describe('`schedule`, `retry` and `jobTimeout`', () => {
  const own = { schedule: fixedSchedule(7), retry: { maxFailures: 3, baseDelay: 5 }, jobTimeout: 600_000 };
  const waits = (client: WhisulOptions, given: object = {}) =>
    resolveEngineOptions({ whisul: createWhisul(client), connection, ...given });

  it('are those of the client where they are left out', () => {
    const { schedule, jobTimeout } = own;
    const retry = { maxFailures: 3, baseDelay: 5, maxDelay: 30_000, maxRetryAfter: 300_000 };
    expect(waits(own)).toMatchObject({ schedule, policy: retry, jobTimeout });
    expect(waits(own, { schedule: undefined, jobTimeout: undefined })).toMatchObject({ schedule, jobTimeout });
  });

  it('may be given, also one field of `retry` alone', () => {
    const schedule = fixedSchedule(9);
    expect(waits(own, { schedule, retry: { baseDelay: 1 }, jobTimeout: 1_000 })).toMatchObject({
      schedule,
      policy: { maxFailures: 3, baseDelay: 1 },
      jobTimeout: 1_000,
    });
  });

  it('have the usual defaults for a client that is not known', () => {
    const whisul = { ...createWhisul(own) };
    expect(resolveEngineOptions({ whisul, connection })).toMatchObject({
      policy: { maxFailures: 10 },
      jobTimeout: 900_000,
    });
  });
});

it.each([
  ['connection', []],
  ['worker', 'yes'],
  ['worker', null],
  ['requireDurable', 1],
  ['requireDurable', 'false'],
  ['telemetry', true],
  ['telemetry', null],
  ['telemetry', { tracer: {} }],
])('refuses the option %s: %j', (name, value) => {
  const options = { whisul: createWhisul({ apiKey: 'any' }), connection, [name]: value };
  expect(() => resolveEngineOptions(options)).toThrow(
    expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(`\`${name}\``) }),
  );
});
