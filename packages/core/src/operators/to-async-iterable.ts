import { firstValueFrom, isObservable, type Observable, Subscription, throwError } from 'rxjs';
import { badOption } from '../model/option.js';

type Result<T> = IteratorResult<T, undefined>;

/** Rejects with whatever it is, an Error or not. */
const rejection = (error: unknown): Promise<never> => firstValueFrom(throwError(() => error));

/** One iteration: one subscription, which begins with the first `next()`. */
function iterate<T>(source$: Observable<T>): AsyncIterator<T, undefined> {
  const readers: ((result: Result<T> | Promise<Result<T>>) => void)[] = [];
  const subscription = new Subscription();
  let began = false;
  let unread: { readonly value: T } | undefined;
  let failure: { readonly error: unknown } | undefined;
  let ended = false;

  const end = (): void => {
    ended = true;
    subscription.unsubscribe();
    for (const resolve of readers.splice(0)) resolve({ done: true, value: undefined });
  };
  const begin = (): void => {
    began = true;
    subscription.add(
      source$.subscribe({
        next: (value) => {
          const resolve = readers.shift();
          if (resolve) resolve({ value });
          else unread = { value };
        },
        error: (error: unknown) => {
          const resolve = readers.shift();
          if (resolve) resolve(rejection(error));
          else failure = { error };
          end();
        },
        complete: end,
      }),
    );
  };

  return {
    next: () =>
      new Promise((resolve) => {
        if (unread) {
          resolve(unread);
          unread = undefined;
        } else if (failure) {
          resolve(rejection(failure.error));
          failure = undefined;
        } else if (ended) {
          resolve({ done: true, value: undefined });
        } else {
          readers.push(resolve);
          if (!began) begin();
        }
      }),
    return: () => {
      unread = undefined;
      failure = undefined;
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

/**
 * Makes a stream readable with `for await`, and a web stream with `ReadableStream.from(toAsyncIterable(source$))`.
 *
 * - If you read slower than the stream emits, you get the newest value and skip those before it. You always get the last
 *   value before the stream ends, and then its end or its error.
 * - Nothing happens before you read. Each loop subscribes anew.
 * - `break`, `return` or an error in the loop unsubscribes. So does cancelling the web stream.
 *
 * @throws WhisulError `invalid_request` if `source$` is not an Observable
 * @example
 * ```ts
 * import { createWhisul, toAsyncIterable } from '@whisul-rx/core';
 *
 * const states$ = createWhisul().generate$('a relaxing lo-fi hip hop beat');
 * for await (const job of toAsyncIterable(states$)) {
 *   console.log(job.status);
 * }
 * ```
 */
export function toAsyncIterable<T>(source$: Observable<T>): AsyncIterable<T> {
  if (!isObservable(source$)) throw badOption('source$', 'an Observable, such as whisul.job$(id)');
  return { [Symbol.asyncIterator]: () => iterate(source$) };
}
