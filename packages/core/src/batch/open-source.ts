import { from, type Observable, type ObservableInput } from 'rxjs';
import { WhisulError } from '../model/whisul-error.js';

/** One prompt of a batch. `key` names it in the journal and in every event; without one, its index does. */
export type BatchRequest = string | { readonly prompt: string; readonly key?: string | undefined };

/**
 * Where a batch takes its prompts from. From an iterable it takes the next one when a place is free. An Observable cannot
 * be held back, so what it emits is kept in memory.
 */
export type BatchInput = Iterable<BatchRequest> | AsyncIterable<BatchRequest> | ObservableInput<BatchRequest>;

/** What an iterator says when it is asked: an item, or that there is none left. */
export interface Step {
  readonly done?: boolean | undefined;
  readonly value?: unknown;
}

/** A source that hands out one item when it is asked for one. */
export type Source =
  | { readonly async: false; readonly items: Items<Step> }
  | { readonly async: true; readonly items: Items<PromiseLike<Step>> };

/** As much of an iterator as is needed. */
interface Items<Answer> {
  next(): Answer;
  return?(): unknown;
}

/** Throws what the source throws on being opened, and `invalid_request` for what is no source. */
export function openSource(input: BatchInput): Source {
  const given: unknown = input;
  // A string is an iterable of characters: a song for each of them is nobody's wish.
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null || given instanceof String)
    throw noSource();
  if (Symbol.asyncIterator in input) return { async: true, items: input[Symbol.asyncIterator]() };
  if (Symbol.iterator in input) return { async: false, items: input[Symbol.iterator]() };
  if ('getReader' in input) return { async: true, items: read(input.getReader()) };
  let input$: Observable<unknown>;
  try {
    input$ = from(input);
  } catch {
    throw noSource();
  }
  return { async: true, items: hold(input$) };
}

function noSource(): WhisulError {
  return new WhisulError(
    'invalid_request',
    'batch$: give the requests as an iterable, an async iterable or an Observable of prompts; one prompt goes in an array.',
  );
}

/** What is needed of the reader of a web stream. */
interface ReadableStreamReader {
  read(): PromiseLike<Step>;
  cancel?(): unknown;
}

/** A web stream, where it cannot be iterated over. */
function read(reader: ReadableStreamReader): Items<PromiseLike<Step>> {
  return { next: () => reader.read(), return: () => reader.cancel?.() };
}

/** Buffers what an Observable pushes. Its error comes after the items that came before it. */
function hold(input$: Observable<unknown>): Items<PromiseLike<Step>> {
  let arrived: unknown[] = [];
  let handing: unknown[] = [];
  let end: (() => Step) | undefined;
  let wake: (() => void) | undefined;
  const subscription = input$.subscribe({
    next(item) {
      arrived.push(item);
      wake?.();
    },
    error(error: unknown) {
      end = () => {
        throw error;
      };
      wake?.();
    },
    complete() {
      end = () => ({ done: true });
      wake?.();
    },
  });
  return {
    async next() {
      while (handing.length + arrived.length === 0) {
        if (end) return end();
        await new Promise<void>((resolve) => (wake = resolve));
      }
      // Shifting a long array moves all of it each time; turning it round and popping does not.
      if (handing.length === 0) [handing, arrived] = [arrived.reverse(), handing];
      return { value: handing.pop() };
    },
    return() {
      subscription.unsubscribe();
    },
  };
}
