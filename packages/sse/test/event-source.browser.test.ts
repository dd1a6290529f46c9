import type * as client from '@whisul-rx/sse/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrowserStage } from './browser-stage.js';
import { launchChromium } from '@whisul-rx/test-support/launch-chromium';

declare global {
  /** The client, on the pages of these tests. */
  var whisulSse: typeof client;
  /** What the page has seen, in order, by job or stream. */
  var seen: Record<string, string[]>;
}

// A browser takes its time on a busy machine; what is waited for here comes, or never.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let browser: Browser;
let stage: BrowserStage;
let page: Page;
beforeAll(async () => {
  browser = await launchChromium();
});
beforeEach(async () => {
  stage = await BrowserStage.open(browser);
  page = await stage.openPage();
  await page.evaluate(() => {
    globalThis.seen = {};
  });
});
afterEach(() => stage.close());
afterAll(() => browser.close());

const seen = (id: string): Promise<string[]> => page.evaluate((name) => globalThis.seen[name] ?? [], id);
const wait = { timeout: 30_000 };

describe('the EventSource of a browser, on our gateway', () => {
  /** Opens an EventSource that writes down messages, named events, and errors with its state. */
  const watch = (id: string): Promise<void> =>
    page.evaluate((name) => {
      const log: string[] = (globalThis.seen[name] = []);
      const events = new EventSource(`/jobs/${name}`);
      events.onmessage = ({ lastEventId }) => log.push(`message ${lastEventId}`);
      events.addEventListener('end', () => log.push('end'));
      events.onerror = () => log.push(`error ${String(events.readyState)}`);
    }, id);

  it('gets states as messages and the end by name, and is stopped for good by one 204', async () => {
    stage.tell('a', 'running');
    await watch('a');
    await expect.poll(() => seen('a'), wait).toEqual(['message a:running']);
    stage.tell('a', 'completed');
    await expect
      .poll(() => seen('a'), wait)
      .toEqual(['message a:running', 'message a:completed', 'end', 'error 0', 'error 2']);
    expect(stage.streams.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'end']);
  });

  it('comes back after a restart of the server and gets the current state', async () => {
    stage.tell('a', 'running');
    await watch('a');
    await expect.poll(() => seen('a'), wait).toEqual(['message a:running']);
    await stage.stop();
    stage.tell('a', 'completed');
    await stage.listen();
    await expect.poll(() => seen('a'), wait).toContain('message a:completed');
    expect((await seen('a')).filter((entry) => entry.startsWith('message'))).toHaveLength(2);
  });

  it('seven of them use up the connections of an origin: the seventh and every fetch hang', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    for (const id of ids) stage.tell(id, 'running');
    const outcome = await page.evaluate(async (jobs) => {
      const streams = jobs.map((id) => new EventSource(`/jobs/${id}`));
      await Promise.all(streams.slice(0, 6).map((events) => new Promise((resolve) => (events.onmessage = resolve))));
      const ping = fetch('/ping').then((answer) => answer.text());
      const first = await Promise.race([ping, new Promise((resolve) => setTimeout(resolve, 1_500, 'nothing'))]);
      const state = streams[6]?.readyState;
      for (const events of streams) events.close();
      return { first, state, afterwards: await ping };
    }, ids);
    expect(outcome).toEqual({ first: 'nothing', state: 0, afterwards: 'pong' });
  });
});

describe('our client in a browser', () => {
  const follow = (...ids: string[]): Promise<void> =>
    page.evaluate((jobs) => {
      const source = whisulSse.createSseSource({ url: '/jobs', retry: { baseDelay: 50 } });
      for (const id of jobs) {
        const log: string[] = (globalThis.seen[id] = []);
        source.job$(id).subscribe({
          next: ({ status }) => log.push(status),
          error: (error: unknown) => log.push(String(error)),
          complete: () => log.push('done'),
        });
      }
    }, ids);
  const seenOf = (ids: string[]): Promise<string[]> =>
    Promise.all(ids.map(async (id) => `${id} ${(await seen(id)).join()}`));

  it('follows 20 jobs on one connection while fetch to the origin still works', async () => {
    const ids = Array.from({ length: 20 }, (_, at) => `job-${String(at)}`);
    const end = (id: string): 'completed' | 'failed' => (id.endsWith('3') ? 'failed' : 'completed');
    for (const id of ids) stage.tell(id, 'running');
    await follow(...ids);
    await expect.poll(() => seenOf(ids), wait).toEqual(ids.map((id) => `${id} running`));
    const ping = (): Promise<string> => page.evaluate(() => fetch('/ping').then((answer) => answer.text()));
    for (let round = 0; round < 10; round += 1) expect(await ping()).toBe('pong');
    for (const id of ids) stage.tell(id, end(id));
    await expect.poll(() => seenOf(ids), wait).toEqual(ids.map((id) => `${id} running,${end(id)},done`));
    expect(stage.streams).toHaveLength(1);
  });

  it('goes on unnoticed over a restart of the server', async () => {
    for (const id of ['a', 'b']) stage.tell(id, 'running');
    await follow('a', 'b');
    await expect.poll(() => seenOf(['a', 'b']), wait).toEqual(['a running', 'b running']);
    await stage.stop();
    for (const id of ['a', 'b']) stage.tell(id, 'completed');
    await stage.listen();
    await expect.poll(() => seenOf(['a', 'b']), wait).toEqual(['a running,completed,done', 'b running,completed,done']);
  });
});
