import type { JobState } from '@whisul-rx/core';
import { toEmitter } from '@whisul-rx/node-events';
import { getEventListeners, once } from 'node:events';
import { concat, merge, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { completed, running, submitted } from '../test/job-states.js';
import { record, settled } from '../test/record.js';

describe('close', () => {
  it('leaves the source at once, emits close and nothing after it, and can be called again', async () => {
    const source$ = new Subject<JobState>();
    const emitter = toEmitter(source$);
    const heard = record(emitter);
    await settled();
    source$.next(running);
    emitter.close();
    expect(source$.observed).toBe(false);
    expect(emitter.closed).toBe(true);
    expect(emitter.state).toBe(running);
    emitter.close();
    emitter[Symbol.dispose]();
    source$.next(completed);
    emitter.on('state', () => heard.push('late listener'));
    await settled();
    expect(heard).toEqual(['state running', 'running', 'close']);
  });

  it('is what using does', async () => {
    const source$ = new Subject<JobState>();
    const heard: string[][] = [];
    {
      using emitter = toEmitter(source$);
      heard.push(record(emitter));
      await settled();
      expect(source$.observed).toBe(true);
    }
    expect(source$.observed).toBe(false);
    expect(heard).toEqual([['close']]);
  });

  it('before the first listener means no start; the first listener hears close', async () => {
    const subscribe = vi.fn();
    const emitter = toEmitter(new Observable(subscribe));
    emitter.close();
    await settled();
    expect(emitter.closed).toBe(true);
    await once(emitter, 'close');
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual([]);
    expect(subscribe).not.toHaveBeenCalled();
  });

  it('between the first listener and the start means no start', async () => {
    const subscribe = vi.fn();
    const emitter = toEmitter(new Observable(subscribe));
    const heard = record(emitter);
    emitter.close();
    await settled();
    expect(heard).toEqual(['close']);
    expect(subscribe).not.toHaveBeenCalled();
  });

  it('from a listener lets the others finish the event, then comes close', async () => {
    const emitter = toEmitter(of(submitted, running, completed));
    emitter.on('submitted', () => {
      emitter.close();
      expect(emitter.closed).toBe(true);
    });
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual(['state submitted', 'submitted', 'close']);
  });

  it('drops the states that were waiting for their turn', async () => {
    const source$ = new Subject<JobState>();
    const emitter = toEmitter(source$);
    emitter.on('submitted', () => {
      source$.next(running);
      emitter.close();
    });
    const heard = record(emitter);
    await settled();
    source$.next(submitted);
    expect(heard).toEqual(['state submitted', 'submitted', 'close']);
    expect(emitter.state).toBe(submitted);
  });

  it('from a listener of close is nothing', async () => {
    const emitter = toEmitter(of(completed));
    emitter.on('close', () => {
      emitter.close();
    });
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual(['state completed', 'completed', 'close']);
  });
});

describe('signal', () => {
  it('closes the emitter when it aborts, with no error', async () => {
    const controller = new AbortController();
    const source$ = new Subject<JobState>();
    const emitter = toEmitter(source$, { signal: controller.signal });
    const heard = record(emitter);
    await settled();
    source$.next(running);
    controller.abort();
    expect(source$.observed).toBe(false);
    expect(emitter.closed).toBe(true);
    expect(heard).toEqual(['state running', 'running', 'close']);
  });

  it.each([
    ['before it was made', (controller: AbortController) => controller.abort(), () => undefined],
    ['before the first listener', () => undefined, (controller: AbortController) => controller.abort()],
  ])('that aborted %s: closed, never started, close to the first listener', async (_, before, after) => {
    const controller = new AbortController();
    before(controller);
    const subscribe = vi.fn();
    const emitter = toEmitter(new Observable(subscribe), { signal: controller.signal });
    after(controller);
    expect(emitter.closed).toBe(true);
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual(['close']);
    emitter.close();
    await settled();
    expect(heard).toEqual(['close']);
    expect(subscribe).not.toHaveBeenCalled();
  });

  it('that aborts after the last listener left says so to the next one', async () => {
    const controller = new AbortController();
    const source$ = new Subject<JobState>();
    const emitter = toEmitter(source$, { signal: controller.signal });
    const listener = () => undefined;
    emitter.on('state', listener);
    await settled();
    emitter.off('state', listener);
    await settled();
    controller.abort();
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual(['close']);
    expect(source$.observed).toBe(false);
  });

  it('aborting in the midst of a source that emits at once ends it there', async () => {
    const controller = new AbortController();
    const emitter = toEmitter(merge(of(submitted, running), NEVER), { signal: controller.signal });
    emitter.on('submitted', () => {
      controller.abort();
    });
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual(['state submitted', 'submitted', 'close']);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it.each([
    ['the terminal state', of(running, completed)],
    [
      'an error',
      concat(
        of(running),
        throwError(() => new Error('gone')),
      ),
    ],
    ['the end of the source', of(running)],
  ])('is left after %s', async (_, source$) => {
    const { signal } = new AbortController();
    record(toEmitter(source$, { signal }));
    await settled();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('is left with the last listener', async () => {
    const { signal } = new AbortController();
    const emitter = toEmitter(NEVER, { signal });
    const listener = () => undefined;
    emitter.on('state', listener);
    await settled();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    emitter.off('state', listener);
    await settled();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('of a whole server ends many emitters with one listener and no warning', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    const controller = new AbortController();
    const logs = Array.from({ length: 50 }, () => record(toEmitter(NEVER, { signal: controller.signal })));
    await settled();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    await settled();
    expect(logs).toEqual(logs.map(() => ['close']));
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
  });
});
