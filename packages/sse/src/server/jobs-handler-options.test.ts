import { isWhisulError } from '@whisul-rx/core';
import { createNodeJobsHandler, pipeToSse } from '@whisul-rx/sse/node';
import { createJobsHandler, toSseMessages, toSseResponse } from '@whisul-rx/sse/server';
import { Observable } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { FakeEngine } from '../../test/fake-engine.js';

function failureOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return isWhisulError(error, 'invalid_request') ? error.message : error;
  }
  return 'accepted';
}

const shared = [
  ['heartbeat', 0],
  ['heartbeat', '8000'],
  ['heartbeat', 2 ** 31],
  ['retry', -1],
  ['retry', null],
  ['signal', {}],
  ['signal', 'x'],
  ['signal', null],
  ['lastEventId', 5],
] as const;

const handlers = [
  ...shared,
  ['authorize', true],
  ['basePath', 5],
  ['basePath', '/a?b'],
  ['basePath', '/a b'],
  ['basePath', '/ä'],
  ['cors', null],
  ['cors', true],
  ['cors.origin', undefined],
  ['generate', 'x'],
  ['generate', null],
  ['maxConnections', -1],
  ['maxConnections', 1.5],
  ['maxConnections', '5'],
  ['maxJobsPerStream', 0],
  ['maxJobsPerStream', 1.5],
] as const;

it.each(handlers)('a handler names the option that cannot be used: %s %j', (name, value) => {
  const option = name === 'cors.origin' ? { cors: {} } : { [name]: value };
  for (const create of [createJobsHandler, createNodeJobsHandler]) {
    const options = Object.assign({ authorize: 'public' as const }, option);
    expect(failureOf(() => Reflect.apply(create, undefined, [new FakeEngine(), options]))).toContain(`\`${name}\``);
  }
});

it('a handler wants its options, and takes those at the edge', () => {
  // @ts-expect-error -- what callers without types can do
  expect(failureOf(() => createJobsHandler(new FakeEngine(), null))).toContain('`options`');
  const more = { basePath: "/a/b%20c;d=1,@!$&'()*+~_.-", maxConnections: Infinity, lastEventId: null };
  expect(failureOf(() => createJobsHandler(new FakeEngine(), { authorize: 'public', ...more }))).toBe('accepted');
});

it.each([['options', null] as const, ...shared])(
  'a stream names its option and subscribes nothing: %s %j',
  (name, value) => {
    const subscribed = vi.fn();
    const source$ = new Observable<never>(subscribed);
    const options = value === null && name === 'options' ? null : { [name]: value };
    // @ts-expect-error -- what callers without types can do
    expect(failureOf(() => toSseResponse(source$, options))).toContain(`\`${name}\``);
    // @ts-expect-error -- as above; it throws before it looks at them
    expect(failureOf(() => pipeToSse(source$, {}, {}, options))).toContain(`\`${name}\``);
    expect(subscribed).not.toHaveBeenCalled();
  },
);

it.each([
  ['options', null],
  ['heartbeat', { heartbeat: 0 }],
])('messages name it, too: %s', (name, options) => {
  // @ts-expect-error -- as above
  expect(failureOf(() => toSseMessages(new Observable(), options))).toContain(`\`${name}\``);
});
