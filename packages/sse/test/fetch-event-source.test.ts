import { fetchEventSource } from '@microsoft/fetch-event-source';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { completed, FakeEngine, running } from './fake-engine.js';
import { listen } from './listen.js';
import { until } from './until.js';

// It is written for browsers: it takes its timers from `window`, and at its end a listener from `document`.
beforeEach(() => {
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('document', new EventTarget());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('@microsoft/fetch-event-source on our gateway, with a plain handler', () => {
  /** Counts the comments that came, so that the test waits for heartbeats and not for a time. */
  const counting = (onComment: () => void): typeof fetch => {
    return async (...request) => {
      const response = await fetch(...request);
      const decoder = new TextDecoder();
      const count = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          for (const line of decoder.decode(chunk, { stream: true }).split('\n')) if (line.startsWith(':')) onComment();
          controller.enqueue(chunk);
        },
      });
      return new Response(response.body?.pipeThrough(count) ?? null, response);
    };
  };

  it('gets the states and nothing that is not JSON: no message for preamble, heartbeats and shutdown', async () => {
    const engine = new FakeEngine();
    let handler = createNodeJobsHandler(engine, { authorize: 'public', heartbeat: 100, retry: 20 });
    const { url } = await listen((request, response) => {
      handler(request, response);
    });
    let comments = 0;
    let opened = 0;
    const statuses: unknown[] = [];
    const failures: unknown[] = [];
    engine.job('a').next(running('a'));
    const followed = fetchEventSource(`${url}/jobs/a`, {
      openWhenHidden: true,
      fetch: counting(() => (comments += 1)),
      onopen: async () => {
        opened += 1;
      },
      onmessage: ({ event, data }) => {
        if (event === 'end') return;
        const job: unknown = JSON.parse(data);
        statuses.push(Reflect.get(Object(job), 'status'));
      },
      onclose: () => {
        // As its documentation says: a stream that ends too early is tried again.
        if (statuses.at(-1) !== 'completed') throw new Error('closed early');
      },
      onerror: (error) => {
        failures.push(error);
        return 20;
      },
    });
    await until(() => comments >= 4);
    expect(statuses).toEqual(['running']);
    await handler.close();
    handler = createNodeJobsHandler(engine, { authorize: 'public', heartbeat: 100, retry: 20 });
    await until(() => opened === 2);
    engine.job('a').next(completed('a'));
    await followed;
    expect(statuses.filter((status, at) => status !== statuses[at - 1])).toEqual(['running', 'completed']);
    expect(failures.map(String)).toEqual(['Error: closed early']);
  });
});
