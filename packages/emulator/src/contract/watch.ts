import { isTerminal, isWhisulError, type JobState, type WhisulError } from '@whisul-rx/core';
import type { Observable } from 'rxjs';
import type { Eventually } from './eventually.js';
import { must } from './must.js';

/** A subscription that remembers all it saw. */
export interface Watch<T> {
  readonly states: readonly T[];
  readonly ending: 'completed' | 'errored' | undefined;
  /** Whether the completion came before anything else could run. */
  readonly endedInTurn: boolean;
  unsubscribe(): void;
  /** The states, once the stream has completed. */
  completed(): Promise<readonly T[]>;
  /** The error, once the stream has errored; it must be a `WhisulError`. */
  errored(): Promise<WhisulError>;
  /** Waits for a state with this status. */
  reached(status: JobState['status']): Promise<void>;
}

/** An error as a sentence; nothing when there was none. */
function say(problem: unknown): string {
  return problem === undefined
    ? ''
    : `It said: ${problem instanceof Error ? problem.message : JSON.stringify(problem)}`;
}

export function watch<T extends JobState>(stream$: Observable<T>, eventually: Eventually): Watch<T> {
  const states: T[] = [];
  let ending: Watch<T>['ending'];
  let problem: unknown;
  let turnIsOver = false;
  let endedInTurn = false;
  const subscription = stream$.subscribe({
    next(state) {
      states.push(state);
      if (isTerminal(state)) queueMicrotask(() => (turnIsOver = true));
    },
    error(error: unknown) {
      ending = 'errored';
      problem = error;
    },
    complete() {
      ending = 'completed';
      endedInTurn = !turnIsOver;
    },
  });
  const ended = async (wanted: Watch<T>['ending']) => {
    await eventually(
      'the stream ends',
      () => ending !== undefined,
      () => states,
    );
    must(ending === wanted, `The stream should have ${wanted} and ${ending}. ${say(problem)}`, states);
  };
  return {
    states,
    get ending() {
      return ending;
    },
    get endedInTurn() {
      return endedInTurn;
    },
    unsubscribe: () => subscription.unsubscribe(),
    async completed() {
      await ended('completed');
      return states;
    },
    async errored() {
      await ended('errored');
      must(isWhisulError(problem), `An error of a stream is a WhisulError, not this. ${say(problem)}`);
      return problem;
    },
    async reached(status) {
      const there = () => states.some((state) => state.status === status);
      await eventually(
        `a state '${status}'`,
        () => there() || ending !== undefined,
        () => states,
      );
      must(there(), `The stream ${ending} before the state '${status}'. ${say(problem)}`, states);
    },
  };
}
