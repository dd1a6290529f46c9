import { inspect } from 'node:util';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { settingsOf } from '@whisul-rx/core/adapter';
import { expect, it } from 'vitest';

it('gives the key of a client that has a fixed one', () => {
  expect(settingsOf(createWhisul({ apiKey: ' a-key ' }))?.apiKey).toBe('a-key');
  expect(settingsOf(createWhisul({ apiKey: '' }))).toMatchObject({ apiKey: undefined });
  expect(settingsOf(createWhisul({ apiKey: () => 'a-key' }))).toMatchObject({ apiKey: undefined });
});

it('gives the schedule, the retry policy and the `jobTimeout`, with nothing left open', () => {
  const schedule = fixedSchedule(7);
  expect(settingsOf(createWhisul({ schedule, retry: { maxFailures: 3 }, jobTimeout: 5 }))).toMatchObject({
    schedule,
    retry: { maxFailures: 3, baseDelay: 1_000, maxDelay: 30_000, maxRetryAfter: 300_000 },
    jobTimeout: 5,
  });
  expect(settingsOf(createWhisul())).toMatchObject({ retry: { maxFailures: 10 }, jobTimeout: 900_000 });
});

it('knows nothing of what only looks like a client', () => {
  expect(settingsOf({ ...createWhisul({ apiKey: 'a-key' }) })).toBeUndefined();
});

it('J14: the key cannot be seen in the client', () => {
  const whisul = createWhisul({ apiKey: 'a-key' });
  expect(inspect(whisul, { depth: Infinity, showHidden: true }) + JSON.stringify(whisul)).not.toContain('a-key');
});
