import type { JobSource } from '@whisul-rx/core';
import { describe, test } from 'vitest';
import type { Law } from './law.js';
import { onlyAfter } from './only-after.js';
import { smokeTest, smokeTestName, type Candidate } from './smoke-test.js';
import { tryLaw } from './try-law.js';

/** A candidate, and all that its laws need of it. */
export interface Suite<Made, Subject> extends Candidate<Made> {
  readonly subjectOf: (made: Made) => Subject;
  readonly breakConnection?: ((made: Made) => Promise<void> | void) | undefined;
}

/** A vitest suite: the smoke test, then one test a law. After a failed smoke test each law fails at once. */
export function describeLaws<Made extends { close(): Promise<void> | void }, Subject extends JobSource>(
  name: string,
  laws: readonly Law<Subject>[],
  suite: Suite<Made, Subject>,
): void {
  const { create, subjectOf, breakConnection } = suite;
  const { smoke, afterSmoke } = onlyAfter(() => smokeTest(suite));
  // One after the other: a law listens to what RxJS reports for the whole process.
  describe(name, { concurrent: false }, () => {
    test(smokeTestName, { timeout: 60_000 }, smoke);
    for (const law of laws) {
      test(`${law.guarantees.join(', ')}: ${law.name}`, { timeout: 120_000 }, async () => {
        await afterSmoke();
        await tryLaw(law, async (emulator) => {
          const made = await create(emulator);
          return {
            subject: subjectOf(made),
            close: () => made.close(),
            ...(breakConnection && { breakConnection: () => breakConnection(made) }),
          };
        });
      });
    }
  });
}
