import { catchError, EMPTY, type Observable, repeat, switchMap, takeWhile } from 'rxjs';

/** The parts of a {@link pollLoop$}. */
export interface PollLoop<T> {
  /** Emits once, when the next question may be asked: before the first, after an answer and after a failure. */
  readonly due$: Observable<unknown>;
  /** Asks once: emits one answer and completes. */
  readonly ask$: Observable<T>;
  /** Is told of a failed question. Throws the error that the loop ends with, if asking again would not help. */
  readonly onFailure: (error: unknown) => void;
  readonly isTerminal: (answer: T) => boolean;
}

/**
 * Waits, asks, and asks again until an answer is terminal: emits every answer, and completes with the terminal one.
 * The wait begins when the answer is in, so there are never two questions under way, however slow the answers are.
 */
export function pollLoop$<T>({ due$, ask$, onFailure, isTerminal }: PollLoop<T>): Observable<T> {
  const answers$ = ask$.pipe(
    // A wait in here would nest once a failure; completing leaves it to `repeat`.
    catchError((error: unknown) => {
      onFailure(error);
      return EMPTY;
    }),
    repeat({ delay: () => due$ }),
  );
  return due$.pipe(
    switchMap(() => answers$),
    takeWhile((answer) => !isTerminal(answer), true),
  );
}
