import { createWhisul, type Whisul } from '@whisul-rx/core';
import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { createSseSource } from '@whisul-rx/sse/client';
import type { ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { lastValueFrom } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

// The files without Next. That Next builds them, and a browser takes the page over, is a part of `npm run release:dry`.
const app = new URL('../next/app/', import.meta.url).pathname;
const key = 'only-for-the-server-5b1f';
let emulator: Emulator;
let clock: number;
let whisul: Whisul;
let id: string;
let closeAll: () => Promise<void>;

beforeEach(async () => {
  clock = 1_700_000_000_000;
  emulator = createEmulator({ apiKey: key, jobDuration: 1_000, now: () => clock });
  const api = await listen(emulator);
  vi.stubEnv('WHISUL_API_KEY', key);
  vi.stubEnv('WHISUL_BASE_URL', api.url);
  vi.resetModules();
  ({ whisul } = await import(`${app}../lib/gateway.ts`));
  // Another client has started it: one that starts a job does not ask for it at once.
  const other = createWhisul({ apiKey: key, baseUrl: api.url });
  ({ job_id: id } = await other.submit('a waltz'));
  other.close();
  closeAll = async () => {
    whisul.close();
    await api.close();
    emulator.close();
    Reflect.deleteProperty(globalThis, 'whisulGateway');
    vi.unstubAllEnvs();
  };
});
afterEach(() => closeAll());

async function pageOf(job: string | string[] | undefined): Promise<string> {
  const { default: Page }: { default: (props: object) => Promise<ReactNode> } = await import(`${app}page.tsx`);
  return renderToString(await Page({ searchParams: Promise.resolve({ job }) }));
}

it('the page of Next has the first state of each job, and no key', async () => {
  const html = await pageOf([id, id, 'unknown']);
  expect(html.replaceAll('<!-- -->', '').match(/<li>.*?<\/li>/g)).toEqual([
    `<li>${id}: running</li>`,
    '<li>unknown: waiting</li>',
  ]);
  expect(html).not.toContain(key);
  expect(await pageOf(undefined)).toContain('<ul></ul>');
});

it('an address leads the page of Next neither to other paths of the API nor to endless requests', async () => {
  expect((await pageOf([`/api/jobs/${id}`, `/jobs/${id}`])).match(/waiting/g)).toHaveLength(2);
  const asked = emulator.requests.length;
  await pageOf(Array.from({ length: 200 }, (_, index) => `unknown-${index}`));
  expect(emulator.requests.length - asked).toBe(50);
});

it('the route of Next serves the jobs, from the client that the page has', async () => {
  clock += 1_000;
  // In development each edit loads the modules again.
  vi.resetModules();
  const { GET }: { GET: (request: Request) => Promise<Response> } = await import(`${app}api/jobs/[[...id]]/route.ts`);
  const gateway = await import(`${app}../lib/gateway.ts`);
  expect(gateway.whisul).toBe(whisul);
  expect(GET).toBe(gateway.jobs);
  const source = createSseSource({
    url: 'http://app.test/api/jobs',
    fetch: (input, init) => GET(new Request(input, init)),
  });
  expect((await lastValueFrom(source.job$(id))).status).toBe('completed');
  source.close();
});
