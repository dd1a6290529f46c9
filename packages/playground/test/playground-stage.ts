import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import type { Browser, Page, Request } from 'playwright-core';
import { build } from 'vite';
import type { Backend } from '../src/server/backend.js';
import { emulatedWhisul } from '../src/server/emulated-whisul.js';
import { createJobOwners, type JobOwners } from '../src/server/job-owners.js';
import { loadSite, type Site } from '../src/server/load-site.js';
import { type Playground, startPlayground } from '../src/server/start-playground.js';

const packages = fileURLToPath(new URL('../../', import.meta.url));

/** Builds the page from the sources of all packages. */
export async function buildSite(): Promise<Site> {
  const outDir = await mkdtemp(join(tmpdir(), 'whisul-rx-playground-'));
  try {
    await build({
      root: `${packages}playground`,
      logLevel: 'error',
      build: { outDir, emptyOutDir: true },
      resolve: {
        alias: [
          { find: /^@whisul-rx\/core$/, replacement: `${packages}core/src/index.ts` },
          { find: /^@whisul-rx\/([\w-]+)\/([\w-]+)$/, replacement: `${packages}$1/src/$2.ts` },
        ],
      },
    });
    return await loadSite(outDir);
  } finally {
    await rm(outDir, { recursive: true });
  }
}

/** How long the jobs of a stage run, in ms: until {@link PlaygroundStage.finish}, unless it is said. */
const untilFinished = 600_000;

/** A playground whose jobs finish when the test says so, and a browser's view of it. */
export class PlaygroundStage {
  /** What the browser held against the page: errors of scripts, and breaches of its policy. */
  readonly complaints: string[] = [];
  /** The job requests that the page has open. */
  readonly open = new Set<string>();
  #ahead = 0;
  #playground: Playground | undefined;

  private constructor(
    readonly browser: Browser,
    readonly site: Site,
    readonly emulator: Emulator,
    readonly owners: JobOwners,
    readonly backend: Backend,
  ) {}

  static async start(
    browser: Browser,
    site: Site,
    { jobDuration = untilFinished, ...changes }: { jobDuration?: number | [number, number] } & Partial<Backend> = {},
  ): Promise<PlaygroundStage> {
    const clock = { read: () => Date.now() };
    const emulator = createEmulator({ jobDuration, now: () => clock.read() });
    const backend = { ...emulatedWhisul(emulator, 100), ...changes };
    const stage = new PlaygroundStage(browser, site, emulator, await createJobOwners(), backend);
    clock.read = () => Date.now() + stage.#ahead;
    await stage.listen();
    return stage;
  }

  get url(): string {
    return this.#playground?.url ?? '';
  }

  /** Prompts that were sent to the API, and would have cost money. */
  get paid(): number {
    return this.emulator.jobs.size;
  }

  /** Ends every job that runs. */
  finish(): void {
    this.#ahead += untilFinished + 1_000;
  }

  async openPage(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await this.browser.newContext(options);
    const page = await context.newPage();
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      const text = message.text();
      // A server that is away or refuses is noted there, too.
      if (message.type() === 'error' && !text.startsWith('Failed to load resource')) this.complaints.push(text);
    });
    page.on('request', (request) => {
      if (new URL(request.url()).pathname.startsWith('/jobs')) this.open.add(request.url());
    });
    const over = (request: Request): void => void this.open.delete(request.url());
    page.on('requestfinished', over);
    page.on('requestfailed', over);
    await page.goto(this.url);
    return page;
  }

  async listen(): Promise<void> {
    const port = this.#playground === undefined ? 0 : Number(new URL(this.url).port);
    const { site, backend, owners } = this;
    this.#playground = await startPlayground({ port, site, backend, owners, heartbeat: 500 });
  }

  /** Ends the server as a restart does; {@link listen} starts it again on the same port. */
  async stop(): Promise<void> {
    await this.#playground?.close();
  }

  async close(): Promise<void> {
    for (const context of this.browser.contexts()) await context.close();
    await this.stop();
    this.emulator.close();
  }
}
