import { createAdaptorServer } from '@hono/node-server';
import { createJobsHandler } from '@whisul-rx/sse/server';
import { Hono } from 'hono';
import { expect, it, onTestFinished } from 'vitest';
import { completed, FakeEngine, running, submitted } from '../fake-engine.js';
import { listenOn } from '../listen.js';
import { StreamReader } from '../read-stream.js';
import { until } from '../until.js';

it('streams from Hono, and tears down when the client leaves', async () => {
  const engine = new FakeEngine();
  const jobs = createJobsHandler(engine, { authorize: 'public', generate: true, basePath: '/api/jobs' });
  const app = new Hono();
  app.all('/api/jobs/*', (c) => jobs(c.req.raw));
  const server = createAdaptorServer(app);
  const url = `http://127.0.0.1:${String(await listenOn(server))}`;
  onTestFinished(async () => {
    await jobs.close();
    await new Promise((resolve) => server.close(resolve));
  });

  engine.job('a').next(running('a'));
  const headers = { accept: 'text/event-stream' };
  const reader = new StreamReader(await fetch(`${url}/api/jobs/a`, { headers }));
  expect((await reader.event())?.id).toBe('a:running');
  const leaving = new StreamReader(await fetch(`${url}/api/jobs?job=a&job=b`, { headers }));
  await leaving.event();
  expect(engine.live).toBe(2);
  await leaving.cancel();
  await until(() => engine.live === 1);
  engine.job('a').next(completed('a'));
  expect((await reader.rest()).map(({ id }) => id)).toEqual(['a:completed', 'end']);

  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"prompt":"rain"}' };
  const answer = fetch(`${url}/api/jobs`, init);
  await until(() => engine.live === 1);
  engine.submits.next(submitted('b'));
  expect(await (await answer).json()).toMatchObject({ events_url: '/api/jobs/b' });
});
