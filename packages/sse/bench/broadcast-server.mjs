// One contestant of broadcast.bench.mjs: a server that sends the same state to everybody who is connected.
// usage: node --expose-gc broadcast-server.mjs raw|ours|pipe|better-sse|hono|@fastify/sse
import { createServer } from 'node:http';

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/** Each gives a server and what sends one state to all its connections. */
const contestants = {
  async raw() {
    const responses = new Set();
    const server = createServer((req, res) => {
      res.writeHead(200, headers);
      res.write('retry: 2000\n\n');
      responses.add(res);
      res.on('close', () => responses.delete(res));
    });
    const broadcast = (state) => {
      const bytes = Buffer.from(`id: ${state.job_id}:${state.status}\ndata: ${JSON.stringify(state)}\n\n`);
      for (const res of responses) res.write(bytes);
    };
    return { server, broadcast };
  },
  async ours() {
    const { createNodeJobsHandler } = await import('@whisul-rx/sse/node');
    const { BehaviorSubject } = await import('rxjs');
    const states$ = new BehaviorSubject(stateOf('0'));
    const server = createServer(createNodeJobsHandler({ job$: () => states$ }, { authorize: 'public' }));
    return { server, broadcast: (state) => states$.next(state) };
  },
  async pipe() {
    const { pipeToSse } = await import('@whisul-rx/sse/node');
    const { BehaviorSubject } = await import('rxjs');
    const states$ = new BehaviorSubject(stateOf('0'));
    const server = createServer((req, res) => void pipeToSse(states$, req, res));
    return { server, broadcast: (state) => states$.next(state) };
  },
  async 'better-sse'() {
    const { createChannel, createSession } = await import('better-sse');
    const channel = createChannel();
    const server = createServer(
      (req, res) => void createSession(req, res).then((session) => channel.register(session)),
    );
    return { server, broadcast: (state) => channel.broadcast(state, 'message', { eventId: 'bench:running' }) };
  },
  async hono() {
    const { createAdaptorServer } = await import('@hono/node-server');
    const { Hono } = await import('hono');
    const { streamSSE } = await import('hono/streaming');
    const streams = new Set();
    const app = new Hono();
    app.get('/jobs/:id', (c) =>
      streamSSE(c, async (stream) => {
        await stream.writeSSE({ data: '{}', retry: 2_000 });
        streams.add(stream);
        await new Promise((resolve) => stream.onAbort(resolve));
        streams.delete(stream);
      }),
    );
    const broadcast = (state) => {
      const data = JSON.stringify(state);
      for (const stream of streams) void stream.writeSSE({ id: 'bench:running', data });
    };
    return { server: createAdaptorServer(app), broadcast };
  },
  async '@fastify/sse'() {
    const { fastify } = await import('fastify');
    const { default: fastifySse } = await import('@fastify/sse');
    const app = fastify();
    await app.register(fastifySse);
    const streams = new Set();
    app.get('/jobs/bench', { sse: true }, async (_, reply) => {
      reply.sse.keepAlive();
      streams.add(reply.sse);
      reply.sse.onClose(() => streams.delete(reply.sse));
      await reply.sse.send({ retry: 2_000, data: '' });
    });
    await app.ready();
    const broadcast = (state) => {
      for (const stream of streams) void stream.send({ id: 'bench:running', data: state });
    };
    return { server: app.server, broadcast };
  },
};

function stateOf(sent) {
  return {
    status: 'running',
    job_id: 'bench',
    prompt: 'a relaxing lo-fi hip hop beat with rain on the window',
    result: null,
    error: null,
    started_at: '2026-02-17T15:39:34.000Z',
    sent,
  };
}

const { server, broadcast } = await contestants[process.argv[2]]();

function memory() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss };
}

let cpu;
const commands = {
  memory: () => process.send({ memory: memory() }),
  start: () => {
    cpu = process.cpuUsage();
    process.send({ started: true });
  },
  broadcast: () => broadcast(stateOf(String(process.hrtime.bigint()))),
  stop: () => process.send({ cpu: process.cpuUsage(cpu) }),
};
process.on('message', (command) => commands[command]());
server.listen(0, '127.0.0.1', 4_096, () => process.send({ port: server.address().port }));
