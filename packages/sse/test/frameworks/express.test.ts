import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import express from 'express';
import { expect, it } from 'vitest';
import { completed, FakeEngine, running, submitted } from '../fake-engine.js';
import { listen } from '../listen.js';
import { eventsOf, StreamReader } from '../read-stream.js';
import { until } from '../until.js';

const stream = { accept: 'text/event-stream' };

it.each(['/', '/api', '/jobs', '/api/jobs'])('streams below Express, mounted at %s', async (mount) => {
  const engine = new FakeEngine();
  const app = express();
  app.use(mount, createNodeJobsHandler(engine, { authorize: 'public' }));
  const { url } = await listen(app);
  engine.job('a').next(running('a'));
  const base = mount.endsWith('/jobs') ? mount : `${mount === '/' ? '' : mount}/jobs`;
  for (const path of [`${base}/a`, `${base}?job=a`]) {
    const reader = new StreamReader(await fetch(`${url}${path}`, { headers: stream }));
    expect((await reader.event())?.id).toBe('a:running');
    await reader.cancel();
  }
  await until(() => engine.live === 0);
});

it('uses a body that Express has parsed, and names the job below the mount', async () => {
  const engine = new FakeEngine();
  const app = express();
  app.use(express.json());
  app.use('/api', createNodeJobsHandler(engine, { authorize: () => true, generate: true }));
  const { url } = await listen(app);
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"prompt":"rain"}' };
  const answer = fetch(`${url}/api/jobs`, init);
  await until(() => engine.live === 1);
  engine.submits.next(submitted('a'));
  const { events_url } = Object(await (await answer).json());
  expect(events_url).toBe('/api/jobs/a');
  engine.job('a').next(completed('a'));
  expect(await eventsOf(await fetch(`${url}${String(events_url)}`, { headers: stream }))).toEqual([
    'a:completed',
    'end',
  ]);
});
