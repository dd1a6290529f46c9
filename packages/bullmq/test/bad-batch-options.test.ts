import { freePort } from '@whisul-rx/test-support/free-port';
import { expect, it } from 'vitest';
import { errorOf } from './error-of.js';
import { localCluster } from './local-cluster.js';

it.each([
  ['concurrency', 0],
  ['concurrency', '4'],
  ['onUnknown', 'send'],
  ['retryFailed', Infinity],
  ['maxSubmits', null],
  ['signal', true],
  ['journal', {}],
  ['concurency', 4],
])('refuses the option %s: %j of a named batch before it asks the server for anything', async (name, value) => {
  // Nothing listens there: an engine that asks it has another error.
  const cluster = localCluster(`redis://127.0.0.1:${await freePort()}`);
  const engine = cluster.engine({ worker: false });
  const batch$ = engine.batch$(['a song'], { name: 'album', [name]: value });
  const { code, message } = await errorOf(batch$);
  expect([code, message]).toEqual(['invalid_request', expect.stringContaining(`\`${name}\``)]);
});

it('does not ask the server for a named batch whose `signal` has aborted already', async () => {
  const cluster = localCluster(`redis://127.0.0.1:${await freePort()}`);
  const engine = cluster.engine({ worker: false });
  const batch$ = engine.batch$(['a song'], { name: 'album', signal: AbortSignal.abort() });
  expect((await errorOf(batch$)).code).toBe('aborted');
});
