import type { JobState } from '@whisul-rx/core';
import { toEmitter } from '@whisul-rx/node-events';
import { EventEmitter, getEventListeners, once } from 'node:events';
import { finalize, NEVER, type Observable, of, Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { completed, failed, running, submitted } from '../test/job-states.js';
import { record, settled } from '../test/record.js';

const ignore = () => undefined;
const refuse = () => {
  throw new Error('not this one');
};

// Each holds of Node's own emitter, and of ours.
describe.each([
  ['an EventEmitter', () => new EventEmitter()],
  ['a JobEmitter', (source$: Observable<JobState> = NEVER) => toEmitter(source$)],
])('%s', (_, create) => {
  it('has one function for on and addListener, and one for off and removeListener', () => {
    const emitter: object = create();
    const method = (name: string): unknown => Reflect.get(emitter, name);
    expect(method('addListener')).toBe(method('on'));
    expect(method('removeListener')).toBe(method('off'));
    expect(method('on')).not.toBe(method('off'));
  });

  it.each(['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'] as const)(
    'a listener for newListener that throws keeps %s() from adding, and throws to its caller',
    (add) => {
      const emitter: EventEmitter = create();
      emitter.once('newListener', refuse);
      expect(() => emitter[add]('running', ignore)).toThrow('not this one');
      expect(emitter.listenerCount('running')).toBe(0);
      emitter[add]('running', ignore);
      expect(emitter.listenerCount('running')).toBe(1);
    },
  );

  it.each(['off', 'removeListener'] as const)(
    'a listener for removeListener that throws throws to the caller of %s(); the listener is gone',
    (remove) => {
      const emitter: EventEmitter = create();
      emitter.on('removeListener', refuse).on('running', ignore);
      expect(() => emitter[remove]('running', ignore)).toThrow('not this one');
      expect(emitter.listenerCount('running')).toBe(0);
    },
  );

  it('a listener for newListener gets the name and the listener before it is there', () => {
    const emitter: EventEmitter = create();
    const heard: unknown[] = [];
    emitter.once('newListener', (event, listener) => heard.push(event, listener, emitter.listenerCount('running')));
    emitter.on('running', ignore);
    expect(heard).toEqual(['running', ignore, 0]);
  });
});

it('a listener that was refused does not start the stream', async () => {
  const source$ = new Subject<JobState>();
  const emitter = toEmitter(source$).once('newListener', refuse);
  expect(() => emitter.on('state', ignore)).toThrow('not this one');
  await settled();
  expect(source$.observed).toBe(false);
});

it.each([
  ['off', (emitter: EventEmitter) => emitter.off('state', ignore)],
  ['removeAllListeners', (emitter: EventEmitter) => emitter.removeAllListeners('state')],
])('the stream is left after the last %s(), also where a listener for removeListener throws', async (_, leave) => {
  const left = vi.fn();
  const emitter = toEmitter(NEVER.pipe(finalize(left)));
  emitter.on('removeListener', refuse).on('state', ignore);
  await settled();
  expect(() => leave(emitter)).toThrow('not this one');
  await settled();
  expect(left).toHaveBeenCalledTimes(1);
});

it('on() and off() start and leave the stream under both of their names', async () => {
  const source$ = new Subject<JobState>();
  const emitter = toEmitter(source$).addListener('state', ignore);
  await settled();
  expect(source$.observed).toBe(true);
  emitter.removeListener('state', ignore);
  await settled();
  expect(source$.observed).toBe(false);
});

it('eleven emitters on one signal are one listener, and none afterwards', async () => {
  const stop = new AbortController();
  const emitters = Array.from({ length: 11 }, () => toEmitter(NEVER, { signal: stop.signal }).on('state', ignore));
  await settled();
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
  for (const emitter of emitters) emitter.off('state', ignore);
  await settled();
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
});

it.each([
  [completed, ['state completed', 'completed', 'close']],
  [failed, ['state failed', 'failed', 'close']],
])('a job$ that begins with `submitted` is heard as that: $status', async (last, end) => {
  const emitter = toEmitter(of(submitted, running, last));
  const heard = record(emitter);
  await once(emitter, 'close');
  expect(heard).toEqual(['state submitted', 'submitted', 'state running', 'running', ...end]);
  expect(emitter.state).toEqual(last);
});
