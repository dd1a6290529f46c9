import { WhisulError, type JobState } from '@whisul-rx/core';
import { fromEmitter, toEmitter, type JobEmitterLike } from '@whisul-rx/node-events';
import { EventEmitter } from 'node:events';
import { BehaviorSubject, concat, NEVER, of, Subject, take, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { completed, failed, running, submitted } from '../test/job-states.js';
import { settled } from '../test/record.js';

/** Follows an emitter and tells what came, the code of a WhisulError for an error. */
function follow(emitter: JobEmitterLike, source$ = fromEmitter(emitter)) {
  const seen: unknown[] = [];
  const subscription = source$.subscribe({
    next: (state) => seen.push(state),
    error: (error: unknown) => seen.push(error),
    complete: () => seen.push('complete'),
  });
  return { seen, subscription };
}

const listeners = (emitter: EventEmitter) => emitter.eventNames().length;

describe('a plain EventEmitter', () => {
  it('gives its states and completes with the terminal one', () => {
    for (const last of [completed, failed]) {
      const emitter = new EventEmitter();
      const { seen } = follow(emitter);
      for (const state of [submitted, running, last, running]) emitter.emit('state', state);
      expect(seen).toEqual([submitted, running, last, 'complete']);
      expect(seen[1]).toBe(running);
      expect(listeners(emitter)).toBe(0);
    }
  });

  it('may have only the events named after the status', () => {
    const emitter = new EventEmitter();
    const { seen } = follow(emitter);
    for (const state of [submitted, running, completed]) emitter.emit(state.status, state);
    expect(seen).toEqual([submitted, running, completed, 'complete']);
    expect(listeners(emitter)).toBe(0);
  });

  it.each([
    ['state first', ['state', 'status']],
    ['state last', ['status', 'state']],
  ])('may have both, %s, copies too: each state comes once', (_, order) => {
    const emitter = new EventEmitter();
    const { seen } = follow(emitter);
    for (const state of [submitted, running, completed]) {
      for (const event of order) emitter.emit(event === 'state' ? event : state.status, { ...state });
    }
    expect(seen).toEqual([submitted, running, completed, 'complete']);
  });

  it('whose error comes ends with that error, whatever it is', () => {
    for (const error of [new Error('gone'), 'gone', undefined]) {
      const emitter = new EventEmitter();
      const { seen } = follow(emitter);
      emitter.emit('state', running);
      emitter.emit('error', error);
      expect(seen).toEqual([running, error]);
      expect(seen[1]).toBe(error);
      expect(listeners(emitter)).toBe(0);
    }
  });

  it('that closes too early ends with closed, the job and what was last known of it', () => {
    const emitter = new EventEmitter();
    const { seen } = follow(emitter);
    emitter.emit('state', running);
    emitter.emit('close');
    expect(seen).toEqual([running, expect.objectContaining({ code: 'closed', jobId: 'j1', lastState: running })]);
    expect(listeners(emitter)).toBe(0);
  });

  it.each([[undefined], [null], ['running'], [{ status: 'running' }], [{ ...completed, result: null }]])(
    'that emits %j instead of a state ends with invalid_response',
    (value) => {
      for (const event of ['state', 'completed']) {
        const emitter = new EventEmitter();
        const { seen } = follow(emitter);
        emitter.emit(event, value);
        expect(seen).toEqual([expect.objectContaining({ code: 'invalid_response' })]);
        expect(listeners(emitter)).toBe(0);
      }
    },
  );

  it('has one listener an event and subscriber, and none after unsubscribing, in the same tick', () => {
    const emitter = new EventEmitter();
    const [first, second] = [follow(emitter), follow(emitter)];
    expect(new Set(emitter.eventNames().map((event) => emitter.listenerCount(event)))).toEqual(new Set([2]));
    first.subscription.unsubscribe();
    emitter.emit('state', running);
    second.subscription.unsubscribe();
    expect(listeners(emitter)).toBe(0);
    expect(first.seen).toEqual([]);
    expect(second.seen).toEqual([running]);
    // Its owner's business again.
    expect(() => emitter.emit('error', new Error('gone'))).toThrow('gone');
  });

  it('is left when the subscriber has enough, also with the first state it had', () => {
    const emitter = Object.assign(new EventEmitter(), { state: running });
    const { seen } = follow(emitter, fromEmitter(emitter).pipe(take(1)));
    expect(seen).toEqual([running, 'complete']);
    expect(listeners(emitter)).toBe(0);
  });

  it('is not touched before the first subscription', () => {
    const emitter = new EventEmitter();
    fromEmitter(emitter);
    expect(listeners(emitter)).toBe(0);
  });
});

describe('what happened before', () => {
  it('comes first, once, and the rest follows', () => {
    const emitter = Object.assign(new EventEmitter(), { state: running });
    const { seen } = follow(emitter);
    expect(seen).toEqual([running]);
    // A source that replays its latest state.
    emitter.emit('state', { ...running });
    emitter.emit('running', { ...running });
    emitter.emit('state', completed);
    expect(seen).toEqual([running, completed, 'complete']);
  });

  it('is read after attaching: a state that comes meanwhile is not lost', () => {
    const emitter = Object.assign(new EventEmitter(), { closed: false });
    let state: JobState = running;
    Object.defineProperty(emitter, 'state', {
      get: () => {
        expect(emitter.listenerCount('state')).toBe(1);
        state = completed;
        return state;
      },
    });
    expect(follow(emitter).seen).toEqual([completed, 'complete']);
  });

  it.each([
    ['completed', completed],
    ['failed', failed],
  ])('may be the whole job: %s', (_, state) => {
    for (const closed of [true, false]) {
      const emitter = Object.assign(new EventEmitter(), { state, closed });
      expect(follow(emitter).seen).toEqual([state, 'complete']);
      expect(listeners(emitter)).toBe(0);
    }
  });

  it('may be a close before the end', () => {
    const emitter = Object.assign(new EventEmitter(), { state: running, closed: true });
    expect(follow(emitter).seen).toEqual([running, expect.objectContaining({ code: 'closed', lastState: running })]);
    expect(follow(Object.assign(new EventEmitter(), { closed: true })).seen).toEqual([
      expect.objectContaining({ code: 'closed' }),
    ]);
    expect(listeners(emitter)).toBe(0);
  });

  it('may be told by an emitter that replays it from within on()', () => {
    const attached = new Set<unknown>();
    const emitter: JobEmitterLike = {
      on: (event, listener) => {
        attached.add(listener);
        if (event === 'state') [running, completed].forEach(listener);
      },
      off: (_, listener) => attached.delete(listener),
    };
    expect(follow(emitter).seen).toEqual([running, completed, 'complete']);
    expect(attached.size).toBe(0);
  });
});

describe('an emitter of toEmitter', () => {
  it('gives a late subscriber the latest state at once', async () => {
    const source$ = new Subject<JobState>();
    const emitter = toEmitter(source$);
    const early = follow(emitter);
    await settled();
    source$.next(submitted);
    source$.next(running);
    const late = follow(emitter);
    expect(late.seen).toEqual([running]);
    source$.next(completed);
    expect(early.seen).toEqual([submitted, running, completed, 'complete']);
    expect(late.seen).toEqual([running, completed, 'complete']);
    expect(follow(emitter).seen).toEqual([completed, 'complete']);
    expect(listeners(emitter)).toBe(0);
  });

  it('repeats nothing when it is subscribed in the midst of an event', async () => {
    const emitter = toEmitter(concat(of(submitted, running), NEVER));
    const inside: ReturnType<typeof follow>[] = [];
    emitter.once('state', () => inside.push(follow(emitter)));
    await settled();
    expect(inside.map(({ seen }) => seen)).toEqual([[submitted, running]]);
    inside[0]?.subscription.unsubscribe();
    await settled();
    expect(listeners(emitter)).toBe(0);
  });

  it('repeats nothing when its source starts again with the latest state', async () => {
    const source$ = new BehaviorSubject<JobState>(running);
    const emitter = toEmitter(source$);
    for (let round = 0; round < 3; round += 1) {
      const { seen, subscription } = follow(emitter);
      await settled();
      expect(seen).toEqual([running]);
      subscription.unsubscribe();
      await settled();
    }
    expect(source$.observed).toBe(false);
  });

  it('stops its source with the last subscriber and starts it with the next', async () => {
    const source$ = new Subject<JobState>();
    const emitter = toEmitter(source$);
    for (let round = 0; round < 2; round += 1) {
      const { subscription } = follow(emitter);
      await settled();
      expect(source$.observed).toBe(true);
      subscription.unsubscribe();
      await settled();
      expect(source$.observed).toBe(false);
    }
    expect(listeners(emitter)).toBe(0);
    expect(emitter.closed).toBe(false);
  });

  it('that ended with an error ends with the same one for those who come late', async () => {
    const error = new WhisulError('network', 'The connection failed.', { jobId: 'j1', lastState: running });
    const emitter = toEmitter(
      concat(
        of(running),
        throwError(() => error),
      ),
    );
    const { seen } = follow(emitter);
    await settled();
    expect(seen).toEqual([running, error]);
    expect(follow(emitter).seen).toEqual([running, error]);
    expect(emitter.errored).toBe(error);
  });

  it('that was closed or aborted ends with closed', async () => {
    const controller = new AbortController();
    const emitter = toEmitter(concat(of(running), NEVER), { signal: controller.signal });
    const { seen } = follow(emitter);
    await settled();
    controller.abort();
    const closed = expect.objectContaining({ code: 'closed', jobId: 'j1' });
    expect(seen).toEqual([running, closed]);
    expect(follow(emitter).seen).toEqual([running, closed]);
    expect(listeners(emitter)).toBe(0);
  });

  it('that failed is an error for all its subscribers, and no listener is left', async () => {
    const problem = new Error('gone');
    const emitter = toEmitter(throwError(() => problem));
    const [first, second] = [follow(emitter), follow(emitter)];
    await settled();
    expect(first.seen).toEqual([problem]);
    expect(second.seen).toEqual([problem]);
    expect(listeners(emitter)).toBe(0);
  });
});

it('is an error when it is no emitter', () => {
  for (const value of [undefined, null, 'emitter', 1, {}, { on: vi.fn() }, { on: 1, off: 2 }]) {
    const seen = vi.fn();
    // @ts-expect-error: what plain JavaScript can pass
    fromEmitter(value).subscribe({ error: seen });
    expect(seen).toHaveBeenCalledWith(expect.objectContaining({ code: 'invalid_request' }));
  }
});
