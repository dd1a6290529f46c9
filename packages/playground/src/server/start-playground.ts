import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { answerWeb } from './answer-web.js';
import type { Backend } from './backend.js';
import type { JobOwners } from './job-owners.js';
import type { Site } from './load-site.js';
import { securityHeaders } from './security-headers.js';
import { newSession, readSession } from './session.js';

/** What a playground is made of. */
export interface PlaygroundOptions {
  /** `0` takes a free one. */
  readonly port: number;
  readonly site: Site;
  readonly backend: Backend;
  readonly owners: JobOwners;
  /** Ms without news after which a stream says that it is alive. */
  readonly heartbeat?: number;
}

/** A playground on its port, on this machine only. */
export interface Playground {
  readonly url: string;
  close(): Promise<void>;
}

const host = '127.0.0.1';

/** Starts page, gateway and, where the backend has one, emulator on one port. Rejects if the port is in use. */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const { site, backend, owners, heartbeat = 8_000 } = options;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  const address = server.address();
  const origin = `http://${host}:${typeof address === 'object' && address ? address.port : options.port}`;
  const whisul = backend.connect(origin);
  const sessionOf = (request: Request): string | undefined => readSession(request.headers.get('cookie'));
  const jobs = createNodeJobsHandler(whisul, {
    generate: true,
    heartbeat,
    authorize: (request, jobIds) => {
      const session = sessionOf(request);
      if (session === undefined) return false;
      return request.method === 'POST' || owners.owned(session, jobIds);
    },
    onSubmitted: (request, job) => owners.add(sessionOf(request) ?? '', job.job_id),
  });
  const common = securityHeaders(backend.mediaOrigins);
  const settings = JSON.stringify({ paid: backend.paid, usualDuration: backend.usualDuration });

  const send = (res: ServerResponse, status: number, type: string, bytes: string | Uint8Array, cache = 'no-store') =>
    res.writeHead(status, { ...common, 'content-type': type, 'cache-control': cache }).end(bytes);

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const path = (req.url ?? '/').replace(/\?.*/, '');
    // A foreign name that resolves to this machine would make this server part of a foreign site.
    if (req.headers.host !== new URL(origin).host) {
      res.writeHead(req.headers.host?.startsWith('localhost:') ? 302 : 421, { location: `${origin}/` }).end();
      return;
    }
    if (path === '/jobs' || path.startsWith('/jobs/')) {
      jobs(req, res);
      return;
    }
    const file = site.get(path);
    if (file !== undefined) {
      if (path === '/' && readSession(req.headers.cookie) === undefined) res.setHeader('set-cookie', newSession());
      // Vite puts a hash into every other name.
      send(res, 200, file.type, file.bytes, path === '/' ? 'no-store' : 'max-age=31536000, immutable');
    } else if (path === '/settings') send(res, 200, 'application/json', settings);
    else if (backend.answer) await answerWeb(backend.answer, origin, req, res);
    else send(res, 404, 'text/plain', 'There is nothing here.');
  };
  server.on('request', (req, res) => {
    answer(req, res).catch(() => res.destroy());
  });

  return {
    url: origin,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await jobs.close();
      server.closeAllConnections();
      whisul.close();
      await closed;
    },
  };
}
