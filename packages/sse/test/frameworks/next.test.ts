import { getRequestListener } from '@hono/node-server';
import { createJobsHandler, toSseResponse } from '@whisul-rx/sse/server';
import { expect, it } from 'vitest';
import { completed, FakeEngine, running } from '../fake-engine.js';
import { listen } from '../listen.js';
import { eventsOf, StreamReader } from '../read-stream.js';

const engine = new FakeEngine();
const handler = createJobsHandler(engine, { authorize: 'public', basePath: '/api/jobs' });

/** `app/api/jobs/[[...id]]/route.ts`: a module of functions named after methods. */
const jobsRoute = { GET: handler, HEAD: handler, POST: handler, OPTIONS: handler };

/** `app/api/song/[id]/route.ts`: one stream, with parameters that come as a promise. */
const songRoute = {
  GET: async (request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> =>
    toSseResponse(engine.job$((await params).id), {
      signal: request.signal,
      lastEventId: request.headers.get('last-event-id'),
    }),
};

/** What a file router does: finds the module by the path and the function by the method. */
async function route(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const [, id] = /^\/api\/song\/([^/]+)$/.exec(pathname) ?? [];
  if (id !== undefined) return songRoute.GET(request, { params: Promise.resolve({ id }) });
  return jobsRoute[request.method === 'POST' ? 'POST' : 'GET'](request);
}

it('streams from route handlers', async () => {
  const listener = getRequestListener(route);
  const { url } = await listen((req, res) => void listener(req, res));
  engine.job('a').next(running('a'));
  const reader = new StreamReader(await fetch(`${url}/api/jobs/a`, { headers: { accept: 'text/event-stream' } }));
  expect((await reader.event())?.id).toBe('a:running');
  engine.job('a').next(completed('a'));
  expect((await reader.rest()).map(({ id }) => id)).toEqual(['a:completed', 'end']);
  engine.job('b').next(completed('b'));
  engine.job('b').complete();
  expect(await eventsOf(await fetch(`${url}/api/song/b`))).toEqual(['b:completed', 'end']);
  expect((await fetch(`${url}/api/song/b`, { headers: { 'last-event-id': 'end' } })).status).toBe(204);
});
