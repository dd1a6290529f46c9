import type { JobState, WhisulError } from '@whisul-rx/core';
import { isWhisulError } from '@whisul-rx/core';
import type { Observable, Subscription } from 'rxjs';

/** A subscriber that writes everything down. */
export interface Watch<T> {
  readonly values: readonly T[];
  readonly errors: readonly unknown[];
  readonly completions: number;
  /** Its error, which has to be a WhisulError. */
  readonly error: WhisulError;
  readonly ended: Promise<void>;
  unsubscribe(): void;
}

export function watch<T>(source$: Observable<T>, onValue: (value: T) => void = () => undefined): Watch<T> {
  const values: T[] = [];
  const errors: unknown[] = [];
  let completions = 0;
  let subscription: Subscription | undefined;
  const ended = new Promise<void>((resolve) => {
    subscription = source$.subscribe({
      next: (value) => {
        values.push(value);
        onValue(value);
      },
      error: (error: unknown) => {
        errors.push(error);
        resolve();
      },
      complete: () => {
        completions += 1;
        resolve();
      },
    });
  });
  return {
    values,
    errors,
    ended,
    get completions() {
      return completions;
    },
    get error() {
      const [error] = errors;
      if (errors.length !== 1 || !isWhisulError(error)) {
        throw new Error('The stream did not end in one WhisulError.', { cause: error });
      }
      return error;
    },
    unsubscribe: () => subscription?.unsubscribe(),
  };
}

export function statuses(states: readonly JobState[]): string[] {
  return states.map(({ status }) => status);
}

/** What a promise rejects with, which has to be a WhisulError. */
export async function rejection(promise: Promise<unknown>): Promise<WhisulError> {
  const error: unknown = await promise.then(
    (value) => new Error(`It resolved with ${JSON.stringify(value)}.`),
    (reason: unknown) => reason,
  );
  if (isWhisulError(error)) return error;
  throw new Error('The promise did not reject with a WhisulError.', { cause: error });
}
