import { isTerminal, isWhisulError, type JobState, type WhisulError } from '@whisul-rx/core';
import type { Observable } from 'rxjs';
import { showValue } from '../api/show-value.js';
import type { Eventually } from './eventually.js';
import { must } from './must.js';

/** A subscription that remembers all it saw. */
export interface Watch {
  readonly states: readonly JobState[];
  readonly ending: 'completed' | 'errored' | undefined;
  /** What the stream errored with. */
  readonly problem: unknown;
  /** Whether the completion came before anything else could run. */
  readonly endedInTurn: boolean;
  unsubscribe(): void;
  /** The states, once the stream has completed. */
  completed(): Promise<readonly JobState[]>;
  /** The error, once the stream has errored; it must be a `WhisulError`. */
  errored(): Promise<WhisulError>;
  /** Waits for a state with this status. */
  reached(status: JobState['status']): Promise<void>;
}

/** What a stream or a promise failed with, as text. */
export function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : showValue(problem);
}

/** An error as a sentence; nothing when there was none. */
function say(problem: unknown): string {
  return problem === undefined ? '' : `The error: ${messageOf(problem)}`;
}

export function watch(stream$: Observable<JobState>, eventually: Eventually): Watch {
  const states: JobState[] = [];
  let ending: Watch['ending'];
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
  const ended = async (wanted: Watch['ending']) => {
    await eventually(
      'the stream ends',
      () => ending !== undefined,
      () => states,
    );
    must(ending === wanted, `The stream has ${wanted}; but it ${ending}. ${say(problem)}`, states);
  };
  return {
    states,
    get ending() {
      return ending;
    },
    get problem() {
      return problem;
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
      must(isWhisulError(problem), `The stream errors with a WhisulError. ${say(problem)}`);
      return problem;
    },
    async reached(status) {
      const there = () => states.some((state) => state.status === status);
      await eventually(
        `a state '${status}' is emitted`,
        () => there() || ending !== undefined,
        () => states,
      );
      must(there(), `A state '${status}' is emitted; but the stream ${ending} before. ${say(problem)}`, states);
    },
  };
}
