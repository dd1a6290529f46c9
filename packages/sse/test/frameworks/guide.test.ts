import 'reflect-metadata';
import type { RequestListener } from 'node:http';
import { createAdaptorServer, getRequestListener } from '@hono/node-server';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createEmulator } from '@whisul-rx/emulator';
import { listen as listenEmulator } from '@whisul-rx/emulator/node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { guideModule } from '../guide-module.js';
import { listen, listenOn } from '../listen.js';
import { eventsOf } from '../read-stream.js';

const stream = { accept: 'text/event-stream' };
const json = { 'content-type': 'application/json' };
const owner = { cookie: 'theme=dark; session=tea-time' };
const strangers = [{ cookie: 'session=coffee-time' }, { cookie: 'session=teatime' }, { cookie: 'tea-time' }, {}];

const emulator = createEmulator({ apiKey: 'guide-key', jobDuration: 1 });
let closeEmulator: () => Promise<void>;
let sessions: { onSubmitted(request: Request, job: { job_id: string }): void };

beforeAll(async () => {
  const server = await listenEmulator(emulator);
  closeEmulator = () => server.close();
  process.env['WHISUL_BASE_URL'] = server.url;
  process.env['WHISUL_API_KEY'] = 'guide-key';
  sessions = await import(await guideModule('// sessions.ts', 'sessions'));
});
afterAll(async () => {
  delete process.env['WHISUL_BASE_URL'];
  delete process.env['WHISUL_API_KEY'];
  await closeEmulator();
  emulator.close();
});

type WebHandler = (request: Request) => Promise<Response>;
interface Closes {
  close(): Promise<void>;
}
interface Example {
  /** What is in no other block of the guide. */
  readonly text: string;
  /** Serves it on a port; gives the URL below which jobs are. */
  serve(file: string): Promise<string>;
}

async function serveNode(listener: RequestListener, jobs: Closes, path: string): Promise<string> {
  onTestFinished(() => jobs.close());
  return `${(await listen(listener)).url}${path}`;
}

async function serveWeb(handle: WebHandler, path: string): Promise<string> {
  const listener = getRequestListener(handle);
  return `${(await listen((req, res) => void listener(req, res))).url}${path}`;
}

const starting: Record<string, Example> = {
  'node:http': {
    text: 'export const server',
    serve: async (file) => {
      const { jobs }: { jobs: RequestListener & Closes } = await import(file);
      return serveNode(jobs, jobs, '/jobs');
    },
  },
  Express: {
    text: "app.use('/api'",
    serve: async (file) => {
      const { app, jobs }: { app: RequestListener; jobs: Closes } = await import(file);
      return serveNode(app, jobs, '/api/jobs');
    },
  },
  Fastify: {
    text: 'fastify()',
    serve: async (file) => {
      const { app }: { app: Closes & { listen(options: object): Promise<string> } } = await import(file);
      onTestFinished(() => app.close());
      return `${await app.listen({ port: 0, host: '127.0.0.1' })}/jobs`;
    },
  },
  Hono: {
    text: 'new Hono()',
    serve: async (file) => {
      const { app, jobs }: { app: { fetch: WebHandler }; jobs: Closes } = await import(file);
      const server = createAdaptorServer(app);
      onTestFinished(async () => {
        await jobs.close();
        await new Promise((resolve) => server.close(resolve));
      });
      return `http://127.0.0.1:${String(await listenOn(server))}/jobs`;
    },
  },
  Next: {
    text: '[[...id]]',
    serve: async (file) => {
      const { GET }: { GET: WebHandler & Closes } = await import(file);
      onTestFinished(() => GET.close());
      return serveWeb(GET, '/api/jobs');
    },
  },
};

const showing: Record<string, Example> = {
  ...starting,
  'Next, one stream': {
    text: 'export async function GET',
    serve: async (file) => {
      type Route = (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response>;
      const { GET }: { GET: Route } = await import(file);
      const handle: WebHandler = (request) => {
        const id = decodeURIComponent(new URL(request.url).pathname.split('/').at(-1) ?? '');
        return GET(request, { params: Promise.resolve({ id }) });
      };
      return serveWeb(handle, '/api/song');
    },
  },
  Nest: {
    text: '@Sse(',
    serve: async (file) => {
      const { SongsController }: { SongsController: new () => object } = await import(file);
      class AppModule {
        readonly name = 'songs';
      }
      Module({ controllers: [SongsController] })(AppModule);
      const app = await NestFactory.create(AppModule, { logger: false });
      await app.listen(0, '127.0.0.1');
      onTestFinished(() => app.close());
      return `${await app.getUrl()}/songs`;
    },
  },
  limits: {
    text: 'limitKey: (request)',
    serve: async (file) => {
      const { jobs }: { jobs: RequestListener & Closes } = await import(file);
      return serveNode(jobs, jobs, '/jobs');
    },
  },
};

let modules = 0;

async function serve(name: string): Promise<string> {
  const example = showing[name];
  if (example === undefined) throw new Error(`There is no ${name}.`);
  // A module of its own for each test: it is closed afterwards.
  modules += 1;
  return example.serve(await guideModule(example.text, `example-${String(modules)}`));
}

/** A job of the owner that this page was not needed for. */
async function ownJob(): Promise<string> {
  const headers = { ...json, authorization: 'Bearer guide-key' };
  const init = { method: 'POST', headers, body: '{"prompt":"rain"}' };
  const job = Object(await (await emulator.fetch('http://emulator.local/api/generate', init)).json());
  sessions.onSubmitted(new Request('http://app.example', { headers: owner }), job);
  return String(job.job_id);
}

describe('the example of the guide', () => {
  it.each(Object.keys(showing))('shows a job to its owner, and to no stranger: %s', async (name) => {
    const url = await serve(name);
    const id = await ownJob();
    const hidden = encodeURIComponent(`/jobs/${id}`);
    for (const stranger of strangers) {
      for (const path of [`/${id}`, `/${hidden}`, `?job=${id}`]) {
        const { status } = await fetch(`${url}${path}`, { headers: { ...stranger, ...stream } });
        expect(path.startsWith('?') ? [403, 404] : [403]).toContain(status);
      }
    }
    // A path in the place of an id is another id, and nobody's.
    expect((await fetch(`${url}/${hidden}`, { headers: { ...owner, ...stream } })).status).toBe(403);
    const events = await eventsOf(await fetch(`${url}/${id}`, { headers: { ...owner, ...stream } }));
    expect(events.slice(-2)).toEqual([`${id}:completed`, 'end']);
  });

  it.each(Object.keys(starting))('starts jobs for users only, and knows whose they are: %s', async (name) => {
    const url = await serve(name);
    const init = { method: 'POST', body: '{"prompt":"rain on a tin roof"}' };
    for (const stranger of strangers.slice(1)) {
      expect((await fetch(url, { ...init, headers: { ...json, ...stranger } })).status).toBe(403);
    }
    const started = await fetch(url, { ...init, headers: { ...json, ...owner } });
    expect(started.status).toBe(202);
    const { events_url } = Object(await started.json());
    const seenBy = async (headers: Record<string, string>) =>
      (await fetch(new URL(String(events_url), url), { method: 'HEAD', headers })).status;
    expect(await seenBy(owner)).toBe(200);
    for (const stranger of strangers) expect(await seenBy(stranger)).toBe(403);
  });
});
