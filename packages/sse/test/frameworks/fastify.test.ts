import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import fastify from 'fastify';
import { expect, it, onTestFinished } from 'vitest';
import { completed, FakeEngine, running, submitted } from '../fake-engine.js';
import { StreamReader } from '../read-stream.js';
import { until } from '../until.js';

it('streams from Fastify, with the headers its hooks have set and a body it has parsed', async () => {
  const engine = new FakeEngine();
  const jobs = createNodeJobsHandler(engine, { authorize: 'public', generate: true });
  const app = fastify();
  app.addHook('onRequest', async (_, reply) => {
    reply.header('access-control-allow-origin', 'https://a.example').header('vary', 'Origin');
  });
  for (const url of ['/jobs', '/jobs/*']) {
    app.all(url, (request, reply) => {
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      jobs(Object.assign(request.raw, { body: request.body }), reply.raw);
    });
  }
  app.addHook('preClose', () => jobs.close());
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());

  engine.job('a').next(running('a'));
  const response = await fetch(`${url}/jobs/a`, { headers: { accept: 'text/event-stream' } });
  expect(response.headers.get('access-control-allow-origin')).toBe('https://a.example');
  expect(response.headers.get('vary')).toBe('Origin, Accept');
  const reader = new StreamReader(response);
  expect((await reader.event())?.id).toBe('a:running');
  engine.job('a').next(completed('a'));
  expect((await reader.rest()).map(({ id }) => id)).toEqual(['a:completed', 'end']);

  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"prompt":"rain"}' };
  const answer = fetch(`${url}/jobs`, init);
  await until(() => engine.live === 1);
  engine.submits.next(submitted('b'));
  expect((await answer).status).toBe(202);

  // A stream that is open does not hold up the server.
  engine.job('c').next(running('c'));
  const open = new StreamReader(await fetch(`${url}/jobs/c`, { headers: { accept: 'text/event-stream' } }));
  await open.event();
  await app.close();
  expect((await open.rest()).at(-1)?.retry).toBeGreaterThanOrEqual(1_000);
});
