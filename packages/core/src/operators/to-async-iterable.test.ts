import { ReadableStream } from 'node:stream/web';
import * as fc from 'fast-check';
import { concat, config, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toAsyncIterable } from './to-async-iterable.js';

const end = { done: true, value: undefined };
const read = <T>(source$: Observable<T>): AsyncIterator<T> => toAsyncIterable(source$)[Symbol.asyncIterator]();

/** A source that counts who subscribes and who leaves. */
function counted<T>(source$: Observable<T>) {
  const counts = { began: 0, left: 0 };
  const counted$ = new Observable<T>((subscriber) => {
    counts.began += 1;
    subscriber.add(() => (counts.left += 1));
    return source$.subscribe(subscriber);
  });
  return { counts, counted$ };
}

describe('toAsyncIterable', () => {
  it('gives each value to a reader that waits, and ends with the stream', async () => {
    const source$ = new Subject<string>();
    const iterator = read(source$);
    for (const value of ['a', 'b', 'c']) {
      const next = iterator.next();
      source$.next(value);
      expect(await next).toEqual({ value });
    }
    const last = iterator.next();
    source$.complete();
    expect(await last).toEqual(end);
    expect(await iterator.next()).toEqual(end);
  });

  it('gives a slow reader the newest value, the last one, and then the end', async () => {
    const source$ = new Subject<number | undefined>();
    const iterator = read(source$);
    const first = iterator.next();
    for (const value of [1, 2, 3]) source$.next(value);
    expect([await first, await iterator.next()]).toEqual([{ value: 1 }, { value: 3 }]);
    for (const value of [4, undefined]) source$.next(value);
    source$.complete();
    expect([await iterator.next(), await iterator.next()]).toEqual([{ value: undefined }, end]);
  });

  it('gives the last value before the error, and the error once', async () => {
    const iterator = read(
      concat(
        of(1, 2),
        throwError(() => 'broken'),
      ),
    );
    expect(await iterator.next()).toEqual({ value: 1 });
    expect(await iterator.next()).toEqual({ value: 2 });
    await expect(iterator.next()).rejects.toBe('broken');
    expect(await iterator.next()).toEqual(end);
  });

  it('rejects the reader that waits, and ends those behind it', async () => {
    const source$ = new Subject<number>();
    const iterator = read(source$);
    const readers = [iterator.next(), iterator.next(), iterator.next()];
    source$.next(1);
    source$.error('broken');
    expect(await Promise.allSettled(readers)).toEqual([
      { status: 'fulfilled', value: { value: 1 } },
      { status: 'rejected', reason: 'broken' },
      { status: 'fulfilled', value: end },
    ]);
  });

  it('subscribes when it is read, for each loop anew', async () => {
    const { counts, counted$ } = counted(of('a', 'b'));
    const iterable = toAsyncIterable(counted$);
    iterable[Symbol.asyncIterator]();
    expect(counts.began).toBe(0);
    for (const loops of [1, 2]) {
      const seen: string[] = [];
      for await (const value of iterable) seen.push(value);
      expect(seen).toEqual(['a', 'b']);
      expect(counts).toEqual({ began: loops, left: loops });
    }
  });

  it('unsubscribes when the loop is left: by `break`, or by an error of its body', async () => {
    const { counts, counted$ } = counted(concat(of('a'), NEVER));
    for await (const value of toAsyncIterable(counted$)) {
      expect([value, counts.left]).toEqual(['a', 0]);
      break;
    }
    expect(counts).toEqual({ began: 1, left: 1 });
    const loop = async (): Promise<void> => {
      for await (const value of toAsyncIterable(counted$)) throw new Error(value);
    };
    await expect(loop()).rejects.toThrow('a');
    expect(counts).toEqual({ began: 2, left: 2 });
  });

  it('`return()` ends those who wait, drops what is unread, and never subscribes afterwards', async () => {
    const { counts, counted$ } = counted(new Subject());
    const iterator = read(counted$);
    const waiting = iterator.next();
    expect(await iterator.return?.()).toEqual(end);
    expect([await waiting, await iterator.next()]).toEqual([end, end]);
    expect(counts).toEqual({ began: 1, left: 1 });

    const unread = read(
      concat(
        of(1, 2),
        throwError(() => 'broken'),
      ),
    );
    await unread.next();
    await unread.return?.();
    expect(await unread.next()).toEqual(end);

    const never = read(counted$);
    await never.return?.();
    expect(await never.next()).toEqual(end);
    expect(counts.began).toBe(1);
  });

  it('a source that leaves its own iteration while it begins is left', async () => {
    const { counts, counted$ } = counted(
      new Observable<never>(() => {
        void iterator.return?.();
      }),
    );
    const iterator = read(counted$);
    expect(await iterator.next()).toEqual(end);
    expect(counts).toEqual({ began: 1, left: 1 });
  });

  it('makes a web stream: cancelling it unsubscribes', async () => {
    const whole = ReadableStream.from(toAsyncIterable(of('a', 'b'))).getReader();
    expect([await whole.read(), await whole.read(), await whole.read()]).toEqual([
      { done: false, value: 'a' },
      { done: false, value: 'b' },
      end,
    ]);
    const { counts, counted$ } = counted(concat(of('a'), NEVER));
    const reader = ReadableStream.from(toAsyncIterable(counted$)).getReader();
    await reader.read();
    await reader.cancel();
    expect(counts).toEqual({ began: 1, left: 1 });
    const broken = ReadableStream.from(toAsyncIterable(throwError(() => new Error('broken')))).getReader();
    await expect(broken.read()).rejects.toThrow('broken');
  });

  it('works with `useDeprecatedNextContext`', async () => {
    Object.assign(config, { useDeprecatedNextContext: true });
    onTestFinished(() => {
      Object.assign(config, { useDeprecatedNextContext: false });
    });
    const seen: number[] = [];
    for await (const value of toAsyncIterable(of(1, 2))) seen.push(value);
    expect(seen).toEqual([1, 2]);
  });

  it('refuses what is not an Observable', () => {
    const untyped: (...given: never[]) => unknown = toAsyncIterable;
    for (const source$ of [undefined, ['a'], Promise.resolve('a')]) {
      expect(() => Reflect.apply(untyped, undefined, [source$])).toThrow('`source$` must be an Observable');
    }
  });

  it('whenever it is read: values in order, each read is the newest, then the last value and how the stream ended', async () => {
    const steps = fc.array(fc.constantFrom('emit', 'read'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (script, fails) => {
        const source$ = new Subject<number>();
        const iterator = read(source$);
        const first = iterator.next();
        const asked = [first];
        /** What a reader must get that asks now, by the plainest of models. */
        const right: number[] = [];
        let waiting = 1;
        let newest: number | undefined;
        let emitted = 0;
        for (const step of script) {
          if (step === 'emit') {
            source$.next(++emitted);
            if (waiting > 0) {
              waiting -= 1;
              right.push(emitted);
            } else newest = emitted;
          } else {
            asked.push(iterator.next());
            if (newest === undefined) waiting += 1;
            else right.push(newest);
            newest = undefined;
          }
        }
        if (fails) source$.error('broken');
        else source$.complete();
        if (newest !== undefined) right.push(newest);
        while (asked.length < right.length + 2) asked.push(iterator.next());
        const told = (await Promise.allSettled(asked)).map((one) =>
          one.status === 'rejected' ? one.reason : one.value.done === true ? 'end' : one.value.value,
        );
        const rest = told.slice(right.length);
        expect(told.slice(0, right.length)).toEqual(right);
        expect(rest).toEqual(rest.map((_, index) => (fails && index === 0 ? 'broken' : 'end')));
        if (emitted > 0 && right.length > 0) expect(right.at(-1)).toBe(emitted);
      }),
    );
  });
});
