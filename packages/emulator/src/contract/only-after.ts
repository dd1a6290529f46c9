import { messageOf } from './watch.js';

/**
 * Runs the smoke test once, whichever test comes first (tests may be shuffled, or run alone). `smoke` rejects with its
 * error, `afterSmoke` with one line that says why a test was not run.
 */
export function onlyAfter(smokeTest: () => Promise<void>): {
  readonly smoke: () => Promise<void>;
  readonly afterSmoke: () => Promise<void>;
} {
  let result: Promise<void> | undefined;
  // One error for all: vitest prints it once, under the names of all the tests that were not run.
  let notRun: Error | undefined;
  const smoke = () => (result ??= smokeTest());
  const afterSmoke = () =>
    smoke().catch((error: unknown) => {
      notRun ??= new Error(`Not run, because the first test of this suite fails: ${messageOf(error)}`);
      // No line of the suite is to blame.
      notRun.stack = `Error: ${notRun.message}`;
      throw notRun;
    });
  return { smoke, afterSmoke };
}
