import { expect, test } from 'vitest';
import { onlyAfter } from './only-after.js';

/** What a promise rejects with. */
const rejection = (promise: Promise<void>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test('runs the smoke test once, and every other test after it', async () => {
  let runs = 0;
  const { smoke, afterSmoke } = onlyAfter(async () => void (runs += 1));
  await afterSmoke();
  await smoke();
  await afterSmoke();
  expect(runs).toBe(1);
});

test('says in one line why the other tests were not run, with one error for all of them', async () => {
  const { smoke, afterSmoke } = onlyAfter(() => Promise.reject(new Error('job$(id) emitted nothing.')));
  const [first, second] = [await rejection(afterSmoke()), await rejection(afterSmoke())];
  expect(first).toEqual(new Error('Not run, because the first test of this suite fails: job$(id) emitted nothing.'));
  expect(second).toBe(first);
  expect(await rejection(smoke())).toEqual(new Error('job$(id) emitted nothing.'));
});
