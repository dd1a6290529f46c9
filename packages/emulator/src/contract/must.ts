import type { JobState } from '@whisul-rx/core';

/** What a law that does not hold rejects with. */
export class BrokenLaw extends Error {}

/** Fails the law with a sentence that says what should have held. */
export function must(holds: boolean, sentence: string, seen?: unknown): asserts holds {
  if (holds) return;
  throw new BrokenLaw(`Expected: ${sentence}${seen === undefined ? '' : ` Seen: ${JSON.stringify(seen)}`}`);
}

/** JSON in which the order of fields makes no difference. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Compares as JSON, which is all that states are. */
export function mustEqual(seen: unknown, wanted: unknown, sentence: string): void {
  must(canonical(seen) === canonical(wanted), `${sentence} Wanted: ${JSON.stringify(wanted)}.`, seen);
}

/** What states are compared by, most of the time. */
export function statuses(states: readonly JobState[]): string[] {
  return states.map(({ status }) => status);
}
