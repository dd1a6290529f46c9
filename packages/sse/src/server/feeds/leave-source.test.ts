import type { Job, JobState } from '@whisul-rx/core';
import { createJobsHandler, toSseResponse, type JobsHandlerOptions } from '@whisul-rx/sse/server';
import { config, Observable, Subject } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { completed, running } from '../../../test/fake-engine.js';
import { eventsOf, StreamReader } from '../../../test/read-stream.js';
import { until } from '../../../test/until.js';

const reported = vi.fn();

beforeEach(() => {
  config.onUnhandledError = reported.mockClear();
});
afterEach(() => {
  config.onUnhandledError = null;
});

/** Jobs that run, and throw when they are left. */
function serve(options: Partial<JobsHandlerOptions> = {}) {
  const told$ = new Subject<Job>();
  const left: unknown[] = [];
  const job$ = (id: unknown): Observable<Job> =>
    new Observable((subscriber) => {
      subscriber.add(told$.subscribe(subscriber));
      subscriber.next(running(String(id)));
      return () => {
        left.push(id);
        throw new Error('broken');
      };
    });
  const handler = createJobsHandler({ job$ }, { authorize: 'public', ...options });
  const ask = (path: string): Promise<Response> =>
    handler(new Request(`http://app.example${path}`, { headers: { accept: 'text/event-stream' } }));
  return { told$, left, handler, ask };
}

async function errorsReported(count: number): Promise<void> {
  await until(() => reported.mock.calls.length >= count);
  expect(reported.mock.calls).toEqual(
    Array.from({ length: count }, () => [expect.objectContaining({ errors: [new Error('broken')] })]),
  );
}

it('frees what a viewer held and leaves its other jobs, and the error is reported', async () => {
  const { left, handler, ask } = serve({ maxConnections: 1 });
  const reader = new StreamReader(await ask('/jobs?job=a&job=b'));
  await reader.event();
  await reader.cancel();
  expect(left).toEqual(['a', 'b']);
  const next = new StreamReader(await ask('/jobs/c'));
  expect((await next.event())?.id).toBe('c:running');
  await next.cancel();
  await handler.close();
  await errorsReported(3);
});

it('is no reason for close() to reject, or to leave another stream open', async () => {
  const { left, handler, ask } = serve();
  const streams = await Promise.all(['/jobs/a', '/jobs/b'].map(ask));
  await handler.close();
  for (const response of streams) expect(await response.text()).toMatch(/retry: \d{4}\n$/);
  expect(left).toEqual(['a', 'b']);
  await errorsReported(2);
});

it('does not keep the end of a job from its viewers', async () => {
  const { told$, ask } = serve();
  const answers = [await ask('/jobs/a'), await ask('/jobs/a')].map(eventsOf);
  told$.next(completed('a'));
  for (const events of await Promise.all(answers)) expect(events.at(-1)).toBe('end');
  await errorsReported(1);
});

it('is reported of a stream of one’s own, too', async () => {
  const broken$ = new Observable<JobState>(() => () => {
    throw new Error('broken');
  });
  await new StreamReader(toSseResponse(broken$)).cancel();
  await errorsReported(1);
});
