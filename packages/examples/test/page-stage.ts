import { createServer, type Server } from 'node:http';
import { type Job, jobSchema, WhisulError } from '@whisul-rx/core';
import { createNodeJobsHandler, type NodeJobsHandler } from '@whisul-rx/sse/node';
import type { Browser, Page } from 'playwright-core';
import { ReplaySubject } from 'rxjs';

const song = {
  title: 'Rain',
  bpm: 90,
  duration: 183,
  song_url: 'https://cdn/s.mp3',
  image_url: 'https://cdn/i.png',
  tags: 'calm',
};

function jobOf(jobs: Map<string, ReplaySubject<Job>>, id: string): ReplaySubject<Job> {
  const job$ = jobs.get(id) ?? new ReplaySubject<Job>(1);
  jobs.set(id, job$);
  return job$;
}

/** Runs in the page before its scripts: keeps the timers that are set in `globalThis.timers`. */
const keepTimers = `{
  const timers = (globalThis.timers = new Set());
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  globalThis.setTimeout = (run, ms, ...rest) => {
    const id = setTimeout(() => { timers.delete(id); run(...rest); }, ms);
    timers.add(id);
    return id;
  };
  globalThis.setInterval = (run, ms, ...rest) => {
    const id = setInterval(run, ms, ...rest);
    timers.add(id);
    return id;
  };
  globalThis.clearTimeout = (id) => { timers.delete(id); clearTimeout(id); };
  globalThis.clearInterval = (id) => { timers.delete(id); clearInterval(id); };
}`;

/** A gateway and a page of the same origin. Each job goes on when the test says so. */
export class PageStage {
  /** Streams that are open at the server. */
  live = 0;
  /** Streams that were ever opened. */
  opened = 0;
  /** What the browser held against the page. */
  readonly complaints: string[] = [];
  /** Markup for `#app`, as a server that renders sends it. */
  markup = '';
  readonly #jobs = new Map<string, ReplaySubject<Job>>();
  #server: Server | undefined;
  #handler: NodeJobsHandler | undefined;
  #port = 0;

  constructor(
    readonly browser: Browser,
    readonly files: Map<string, string>,
  ) {}

  /** Tells a state of a job. */
  tell(id: string, status: 'running' | 'completed'): void {
    const result = status === 'completed' ? song : null;
    jobOf(this.#jobs, id).next(jobSchema.parse({ job_id: id, prompt: 'Rain', status, result, error: null }));
  }

  /** Ends the stream of a job with an error, which the gateway words by its code. */
  fail(id: string): void {
    jobOf(this.#jobs, id).error(new WhisulError('not_found', 'Gone.'));
  }

  /** How many subscribers the jobs have at the server. */
  get followed(): number {
    return [...this.#jobs.values()].filter(({ observed }) => observed).length;
  }

  /** Opens the page that follows these jobs. */
  async open(ids: string[]): Promise<Page> {
    const page = await (await this.browser.newContext()).newPage();
    await page.addInitScript(keepTimers);
    page.on('pageerror', ({ message }) => this.complaints.push(message));
    page.on('console', (message) => {
      const text = message.text();
      // A server that is away is noted there, too.
      if (/error|warning/.test(message.type()) && !text.startsWith('Failed to load')) this.complaints.push(text);
    });
    const query = ids.map((id) => `job=${id}`).join('&');
    await page.goto(`http://127.0.0.1:${String(this.#port)}/?${query}`);
    return page;
  }

  async listen(): Promise<void> {
    const engine = {
      job$: (ref: string | { job_id: string }) => jobOf(this.#jobs, typeof ref === 'string' ? ref : ref.job_id),
    };
    const handler = createNodeJobsHandler(engine, { authorize: 'public', retry: 100 });
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://page');
      if (pathname.startsWith('/jobs')) {
        this.opened += 1;
        this.live += 1;
        response.on('close', () => (this.live -= 1));
        handler(request, response);
        return;
      }
      const file = this.files.get(pathname === '/' ? '/index.html' : pathname);
      const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html';
      response.setHeader('content-type', type);
      response.end(file?.replace('<div id="app"></div>', () => `<div id="app">${this.markup}</div>`));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    const address = server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : 0;
    [this.#server, this.#handler] = [server, handler];
  }

  /** Ends all streams and stops; {@link listen} starts again on the same port. */
  async stop(): Promise<void> {
    await this.#handler?.close();
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async close(): Promise<void> {
    for (const context of this.browser.contexts()) await context.close();
    await this.stop();
  }
}
