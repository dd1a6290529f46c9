import { createWhisul, type Whisul } from '@whisul-rx/core';
import { createJobsHandler, type JobsHandlerOptions } from '@whisul-rx/sse/server';
import { FakeEngine } from './fake-engine.js';

export const stream = { accept: 'text/event-stream' };
export const json = { 'content-type': 'application/json' };

/** A handler in front of a fake engine, and a short way to ask it. */
export function serve(options: Partial<JobsHandlerOptions> = {}) {
  const engine = new FakeEngine();
  const handler = createJobsHandler(engine, { authorize: 'public', ...options });
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Response> =>
    handler(new Request(`http://app.example${path}`, { method, headers, ...(body === undefined ? {} : { body }) }));
  return { engine, handler, ask };
}

/** A client of an API that answers every request with a 429: its gate closes for a minute each time. */
export function busyClient(): { whisul: Whisul; requests: () => number } {
  let requests = 0;
  const whisul = createWhisul({
    apiKey: 'any',
    transport: () => {
      requests += 1;
      const headers = new Headers({ 'retry-after': '60' });
      return Promise.resolve({ status: 429, headers, text: () => Promise.resolve('') });
    },
  });
  return { whisul, requests: () => requests };
}
