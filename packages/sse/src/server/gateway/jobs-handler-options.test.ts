import { isWhisulError } from '@whisul-rx/core';
import { createNodeJobsHandler, pipeToSse } from '@whisul-rx/sse/node';
import { createJobsHandler, toSseMessages, toSseResponse } from '@whisul-rx/sse/server';
import { Observable } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { FakeEngine } from '../../../test/fake-engine.js';

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
  ['cors.origin', ['https://a.example', 5]],
  ['cors.headers', 'x-csrf-token'],
  ['cors.headers', ['x csrf']],
  ['cors.headers', ['x\r\ny']],
  ['cors.headers', [5]],
  ['cors.credentials', 'yes'],
  ['generate', 'x'],
  ['generate', null],
  ['maxConnections', -1],
  ['maxConnections', 1.5],
  ['maxConnections', '5'],
  ['limitKey', 'x'],
  ['limitKey', null],
  ['maxConnectionsPerKey', 5],
  ['maxSubmits', 0],
  ['maxSubmits', 1.5],
  ['maxSubmits', '5'],
  ['onSubmitted', true],
  ['onSubmitted', null],
  ['maxJobsPerStream', 0],
  ['maxJobsPerStream', 1.5],
] as const;

it.each(handlers)('a handler names the option that cannot be used: %s %j', (name, value) => {
  const [, field] = name.split('.');
  const option = field === undefined ? { [name]: value } : { cors: { origin: 'https://a.example', [field]: value } };
  for (const create of [createJobsHandler, createNodeJobsHandler]) {
    const options = Object.assign({ authorize: 'public' as const }, option);
    expect(failureOf(() => Reflect.apply(create, undefined, [new FakeEngine(), options]))).toContain(`\`${name}\``);
  }
});

it.each(['*', 'null'])('a handler lends no rights of users to every site: %s', (open) => {
  for (const origin of [open, ['https://a.example', open]]) {
    const options = { authorize: 'public' as const, cors: { origin, credentials: true } };
    expect(failureOf(() => createJobsHandler(new FakeEngine(), options))).toContain('`cors.origin`');
    const plain = { ...options, cors: { origin } };
    expect(failureOf(() => createJobsHandler(new FakeEngine(), plain))).toBe('accepted');
  }
});

it.each([0, 1.5, '5'])('a handler checks maxConnectionsPerKey where there is a limitKey: %j', (value) => {
  const options = { authorize: 'public' as const, limitKey: () => 'x', maxConnectionsPerKey: value };
  // @ts-expect-error -- what callers without types can do
  expect(failureOf(() => createJobsHandler(new FakeEngine(), options))).toContain('`maxConnectionsPerKey`');
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
