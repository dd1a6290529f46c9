import { createServer, type IncomingMessage, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { type Job, jobSchema } from '@whisul-rx/core';
import { createNodeJobsHandler, type NodeJobsHandler } from '@whisul-rx/sse/node';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { ReplaySubject } from 'rxjs';
import { stateOf } from './scripted-fetch.js';

const source = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

async function bundleClient(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [source('sse/src/client.ts')],
    alias: {
      '@whisul-rx/core/adapter': source('core/src/adapter.ts'),
      '@whisul-rx/core': source('core/src/index.ts'),
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    globalName: 'whisulSse',
    target: 'es2022',
  });
  return outputFiles[0]?.text ?? '';
}

function jobOf(jobs: Map<string, ReplaySubject<Job>>, id: string): ReplaySubject<Job> {
  const job$ = jobs.get(id) ?? new ReplaySubject<Job>(1);
  jobs.set(id, job$);
  return job$;
}

/** A gateway, a page of the same origin with the client on it, and what the gateway was asked. */
export class BrowserStage {
  readonly requests: IncomingMessage[] = [];
  readonly #jobs = new Map<string, ReplaySubject<Job>>();
  #server: Server;
  #handler: NodeJobsHandler;
  #port = 0;

  private constructor(
    readonly browser: Browser,
    readonly script: string,
  ) {
    [this.#server, this.#handler] = this.#create();
  }

  static async open(browser: Browser): Promise<BrowserStage> {
    const script = await bundleClient();
    const stage = new BrowserStage(browser, script);
    await stage.listen();
    return stage;
  }

  /** Tells a state of a job. */
  tell(id: string, status: 'running' | 'completed' | 'failed'): void {
    jobOf(this.#jobs, id).next(jobSchema.parse(stateOf(id, status)));
  }

  /** An empty page of the gateway's origin. */
  async openPage(): Promise<Page> {
    const context = await this.browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${String(this.#port)}/`);
    return page;
  }

  /** The requests for streams. */
  get streams(): IncomingMessage[] {
    return this.requests.filter(({ url }) => url?.startsWith('/jobs'));
  }

  /** Ends all streams and stops; {@link listen} starts again on the same port. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await this.#handler.close();
    this.#server.closeAllConnections();
    await closed;
    [this.#server, this.#handler] = this.#create();
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const context of this.browser.contexts()) await context.close();
    await this.stop();
  }

  #create(): [Server, NodeJobsHandler] {
    const engine = {
      job$: (ref: string | { job_id: string }) => jobOf(this.#jobs, typeof ref === 'string' ? ref : ref.job_id),
    };
    const handler = createNodeJobsHandler(engine, { authorize: 'public', retry: 100 });
    const server = createServer((req, res) => {
      this.requests.push(req);
      if (req.url?.startsWith('/jobs')) handler(req, res);
      else if (req.url === '/client.js') res.setHeader('content-type', 'text/javascript').end(this.script);
      else if (req.url === '/ping') res.end('pong');
      else res.setHeader('content-type', 'text/html').end('<!doctype html><script src="/client.js"></script>');
    });
    return [server, handler];
  }
}
