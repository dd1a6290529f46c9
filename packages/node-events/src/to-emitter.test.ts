import { WhisulError, type JobState } from '@whisul-rx/core';
import { toEmitter, type JobEmitter } from '@whisul-rx/node-events';
import { EventEmitter, on, once } from 'node:events';
import { concat, defer, EMPTY, finalize, from, NEVER, type Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { completed, failed, running, submitted } from '../test/job-states.js';
import { record, settled } from '../test/record.js';

/** A source that counts its subscriptions, live and ever. */
function counted(source$: Observable<JobState>) {
  const counts = { ever: 0, live: 0 };
  const counted$ = defer(() => {
    counts.ever += 1;
    counts.live += 1;
    return source$.pipe(finalize(() => (counts.live -= 1)));
  });
  return { counts, counted$ };
}

const nextTick = () => new Promise<void>((resolve) => process.nextTick(resolve));
const ignore = () => undefined;

describe('events', () => {
  it('emits state and the event of its status for every state, then close', async () => {
    const emitter = toEmitter(of(submitted, running, completed));
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual([
      'state submitted',
      'submitted',
      'state running',
      'running',
      'state completed',
      'completed',
      'close',
    ]);
  });

  it('hands the state itself to the listeners, and keeps the latest', async () => {
    const source$ = new Subject<JobState>();
    const emitter = toEmitter(source$);
    const [state, done, seen] = [vi.fn(), vi.fn(), vi.fn()];
    emitter
      .on('state', state)
      .on('state', () => seen(emitter.state))
      .on('completed', done);
    await settled();
    expect(emitter.state).toBeUndefined();
    source$.next(running);
    expect(emitter.state).toBe(running);
    source$.next(completed);
    expect(state.mock.calls).toEqual([[running], [completed]]);
    expect(seen.mock.calls).toEqual([[running], [completed]]);
    expect(done.mock.calls[0]?.[0]).toBe(completed);
    expect(emitter.state).toBe(completed);
    expect(emitter.closed).toBe(true);
  });

  it('says of a failed job failed, never error', async () => {
    const emitter = toEmitter(of(running, failed));
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual(['state running', 'running', 'state failed', 'failed', 'close']);
  });

  it('emits the error of the source as it is, then close, and keeps the state', async () => {
    const problem = new WhisulError('job_timeout', 'too long', { jobId: 'j1', lastState: running });
    const emitter = toEmitter(
      concat(
        of(running),
        throwError(() => problem),
      ),
    );
    const heard = record(emitter);
    const given = vi.fn();
    emitter.on('error', given);
    await settled();
    expect(heard).toEqual(['state running', 'running', 'error too long', 'close']);
    expect(given.mock.calls[0]?.[0]).toBe(problem);
    expect(emitter.state).toBe(running);
    expect(emitter.closed).toBe(true);
  });

  it('closes after a terminal state although the source goes on, and leaves it', async () => {
    const { counted$, counts } = counted(concat(of(completed, running), NEVER));
    const heard = record(toEmitter(counted$));
    await settled();
    expect(heard).toEqual(['state completed', 'completed', 'close']);
    expect(counts.live).toBe(0);
  });

  it('closes when the source ends without a terminal state', async () => {
    const heard = record(toEmitter(EMPTY));
    await settled();
    expect(heard).toEqual(['close']);
  });

  it('keeps the order when a listener makes the source emit: close is the last for every listener', async () => {
    const source$ = new Subject<JobState>();
    const emitter = toEmitter(source$);
    emitter.once('running', () => {
      source$.next(completed);
      source$.complete();
    });
    const heard = record(emitter);
    await settled();
    source$.next(running);
    expect(heard).toEqual(['state running', 'running', 'state completed', 'completed', 'close']);
  });
});

describe('the start', () => {
  it('comes on the tick after the first listener, so listeners added together miss nothing', async () => {
    const { counted$, counts } = counted(of(running, completed));
    const emitter = toEmitter(counted$);
    await settled();
    expect(counts.ever).toBe(0);
    const [first, second] = [record(emitter), record(emitter)];
    expect(counts.ever).toBe(0);
    await nextTick();
    expect(first).toHaveLength(5);
    expect(second).toEqual(first);
    expect(counts).toEqual({ ever: 1, live: 0 });
  });

  it('is one subscription however many listeners there are, with no warning about them', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    const { counted$, counts } = counted(NEVER);
    const emitter = toEmitter(counted$);
    for (let count = 0; count < 50; count += 1) emitter.on('state', () => undefined);
    await settled();
    for (let count = 0; count < 50; count += 1) emitter.on('completed', () => undefined);
    await settled();
    expect(counts).toEqual({ ever: 1, live: 1 });
    process.off('warning', warned);
    expect(warned).not.toHaveBeenCalled();
    emitter.close();
  });

  it.each(['error', 'newListener', 'removeListener', EventEmitter.errorMonitor] as const)(
    'does not come for a listener of %s alone',
    async (event) => {
      const { counted$, counts } = counted(NEVER);
      const emitter = toEmitter(counted$).on(event, ignore);
      await settled();
      expect(counts.ever).toBe(0);
      expect(emitter.listenerCount(event)).toBe(1);
    },
  );

  it.each(['state', 'submitted', 'running', 'completed', 'failed', 'close'] as const)(
    'comes for a listener of %s alone, however it is added',
    async (event) => {
      const ways: ((emitter: JobEmitter) => JobEmitter)[] = [
        (emitter) => emitter.on(event, ignore),
        (emitter) => emitter.once(event, ignore),
        (emitter) => emitter.addListener(event, ignore),
        (emitter) => emitter.prependListener(event, ignore),
        (emitter) => emitter.prependOnceListener(event, ignore),
      ];
      for (const add of ways) {
        const { counted$, counts } = counted(NEVER);
        const emitter = toEmitter(counted$);
        expect(add(emitter)).toBe(emitter);
        await nextTick();
        expect(counts).toEqual({ ever: 1, live: 1 });
        emitter.close();
        expect(counts.live).toBe(0);
      }
    },
  );

  it('is an instance of the real EventEmitter and shows no listeners of its own', async () => {
    const emitter = toEmitter(NEVER);
    expect(emitter).toBeInstanceOf(EventEmitter);
    expect(emitter.eventNames()).toEqual([]);
    emitter.on('state', ignore);
    await settled();
    expect(emitter.eventNames()).toEqual(['state']);
    emitter.close();
  });

  it.each([null, 5, { signal: {} }, { signal: 'x' }, { signal: null }])('is refused with the options %j', (options) => {
    expect(() => Reflect.apply(toEmitter, undefined, [NEVER, options])).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('is refused when the source is not an Observable', () => {
    for (const source of [undefined, null, 'j1', Promise.resolve(running), { job_id: 'j1' }]) {
      // @ts-expect-error: what plain JavaScript can pass
      expect(() => toEmitter(source)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    }
  });
});

describe('a source that emits what is no state', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['the name of an event', { status: 'close' }],
    ['an error', { status: 'error' }],
    ['a result that is no song', { ...completed, result: null }],
  ])('is the error invalid_response, and left: %s', async (_, bad) => {
    // @ts-expect-error: what plain JavaScript can emit
    const { counted$, counts } = counted(concat(from<JobState[]>([running, bad, completed]), NEVER));
    const emitter = toEmitter(counted$);
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual([
      'state running',
      'running',
      'error The stream emitted something that is not a job state.',
      'close',
    ]);
    expect(emitter.errored).toMatchObject({ code: 'invalid_response', jobId: running.job_id, lastState: running });
    expect(counts.live).toBe(0);
  });

  it('makes no event of a status that is not documented: it is a running job, as everywhere', async () => {
    // @ts-expect-error: as above
    const emitter = toEmitter(from<JobState[]>([{ job_id: 'j1', status: 'close' }, completed]));
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual(['state running', 'running', 'state completed', 'completed', 'close']);
  });
});

describe('leaving', () => {
  it.each([
    ['off', (emitter: JobEmitter) => emitter.off('state', ignore)],
    ['removeListener', (emitter: JobEmitter) => emitter.removeListener('state', ignore)],
    ['removeAllListeners()', (emitter: JobEmitter) => emitter.removeAllListeners()],
    ['removeAllListeners(event)', (emitter: JobEmitter) => emitter.removeAllListeners('state')],
  ])('of the last listener by %s stops the source without close; the next one starts it again', async (_, leave) => {
    const { counted$, counts } = counted(concat(of(running), NEVER));
    const emitter = toEmitter(counted$);
    emitter.on('error', ignore).on('state', ignore);
    await settled();
    leave(emitter);
    await settled();
    expect(counts).toEqual({ ever: 1, live: 0 });
    expect(emitter.closed).toBe(false);
    expect(emitter.state).toBe(running);
    const heard = record(emitter);
    await settled();
    expect(heard).toEqual(['state running', 'running']);
    expect(counts).toEqual({ ever: 2, live: 1 });
    emitter.close();
  });

  it('before the start means no start', async () => {
    const { counted$, counts } = counted(NEVER);
    toEmitter(counted$).on('state', ignore).off('state', ignore);
    await settled();
    expect(counts.ever).toBe(0);
  });

  it('of one of several listeners changes nothing', async () => {
    const { counted$, counts } = counted(NEVER);
    const emitter = toEmitter(counted$).on('state', ignore).on('close', ignore);
    await settled();
    emitter.off('state', ignore);
    await settled();
    expect(counts).toEqual({ ever: 1, live: 1 });
    emitter.close();
  });

  it('and coming back in the same turn keeps the subscription', async () => {
    const source$ = new Subject<JobState>();
    const { counted$, counts } = counted(source$);
    const emitter = toEmitter(counted$).on('state', ignore);
    await settled();
    emitter.off('state', ignore);
    await Promise.resolve();
    emitter.on('running', ignore);
    await settled();
    expect(counts).toEqual({ ever: 1, live: 1 });
    emitter.close();
  });

  it('drops what comes before the turn is over: a late error of a source without listeners crashes nothing', async () => {
    const source$ = new Subject<JobState>();
    const emitter = toEmitter(source$).on('state', ignore);
    await settled();
    emitter.off('state', ignore);
    source$.error(new Error('too late'));
    await settled();
    expect(emitter.closed).toBe(false);
  });
});

describe('node:events', () => {
  it('once waits for one event after the other, also on a source that emits all at once', async () => {
    const emitter = toEmitter(of(submitted, running, completed));
    const wait = async (event: string) => (await once(emitter, event)).at(0);
    expect(await wait('running')).toBe(running);
    expect(await wait('completed')).toBe(completed);
    expect(emitter.closed).toBe(true);
    await wait('close');
    expect(emitter.eventNames()).toEqual([]);
  });

  it('once rejects with the error', async () => {
    const problem = new WhisulError('network', 'gone');
    const emitter = toEmitter(throwError(() => problem));
    await expect(once(emitter, 'completed')).rejects.toBe(problem);
    expect(emitter.closed).toBe(true);
  });

  it('on iterates the states and ends with close', async () => {
    const emitter = toEmitter(of(submitted, running, completed));
    const states: unknown[] = [];
    for await (const [state] of on(emitter, 'state', { close: ['close'] })) states.push(state);
    expect(states).toEqual([submitted, running, completed]);
    expect(emitter.eventNames()).toEqual([]);
  });

  it('on throws the error', async () => {
    const emitter = toEmitter(
      concat(
        of(running),
        throwError(() => new WhisulError('network', 'gone')),
      ),
    );
    const states: unknown[] = [];
    const read = async () => {
      for await (const [state] of on(emitter, 'state', { close: ['close'] })) states.push(state);
    };
    await expect(read()).rejects.toMatchObject({ code: 'network' });
    expect(states).toEqual([running]);
  });

  it('on leaves the source when the loop is left', async () => {
    const { counted$, counts } = counted(concat(of(running), NEVER));
    const emitter = toEmitter(counted$);
    for await (const [state] of on(emitter, 'state', { close: ['close'] })) {
      expect(state).toBe(running);
      break;
    }
    await settled();
    expect(emitter.eventNames()).toEqual([]);
    expect(counts).toEqual({ ever: 1, live: 0 });
  });
});
