import type { JobState } from '@whisul-rx/core';

/** Fails the law with a sentence that says what was broken. */
export function must(holds: boolean, sentence: string, seen?: unknown): asserts holds {
  if (!holds) throw new Error(seen === undefined ? sentence : `${sentence} Seen: ${JSON.stringify(seen)}`);
}

/** Compares as JSON, which is all that states are. */
export function mustEqual(seen: unknown, wanted: unknown, sentence: string): void {
  must(JSON.stringify(seen) === JSON.stringify(wanted), `${sentence} Wanted: ${JSON.stringify(wanted)}.`, seen);
}

/** What states are compared by, most of the time. */
export function statuses(states: readonly JobState[]): string[] {
  return states.map(({ status }) => status);
}
