import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { render } from '../react/render.js';
import { songText$ } from '../song-text.js';
import { buildPage, type Framework } from './build-page.js';
import { launchChromium } from '@whisul-rx/test-support/launch-chromium';
import { PageStage } from './page-stage.js';

const ids = ['a', 'b', 'c'];
const patient = { timeout: 60_000, interval: 20 };
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const pages = new Map<Framework, Promise<Map<string, string>>>();

async function stageOf(framework: Framework): Promise<PageStage> {
  const page = pages.get(framework) ?? buildPage(framework);
  pages.set(framework, page);
  const stage = new PageStage(browser, await page);
  await stage.listen();
  onTestFinished(() => stage.close());
  return stage;
}

const timers = (page: Page) => page.evaluate<number>('timers.size');

/** Waits until the page has no stream, the jobs have no subscriber, and no timer runs. */
async function nothingLeft(stage: PageStage, page: Page): Promise<void> {
  await vi.waitUntil(() => stage.live === 0 && stage.followed === 0, patient);
  await vi.waitUntil(async () => (await timers(page)) === 0, patient);
}

/** Waits until each line of the page begins with its id and its text. */
async function shows(page: Page, texts: string[]): Promise<void> {
  await vi.waitFor(async () => {
    const starts = texts.map((text, at): unknown => expect.stringMatching(new RegExp(`^${String(ids[at])}: ${text}`)));
    expect(await page.locator('li').allInnerTexts()).toEqual(starts);
  }, patient);
}

const frameworks: Framework[] = ['react', 'vue', 'svelte', 'angular'];

it.each(frameworks)('the page in %s follows three jobs on one connection, and leaves nothing behind', async (name) => {
  const stage = await stageOf(name);
  for (const id of ids) stage.tell(id, 'running');
  const page = await stage.open(ids);
  await shows(page, ['running', 'running', 'running']);
  expect({ live: stage.live, opened: stage.opened }).toEqual({ live: 1, opened: 1 });
  // The watch over a connection that has gone quiet.
  expect(await timers(page)).toBeGreaterThan(0);

  // Unmounted, the page ends its stream; shown again, it opens one.
  await page.getByRole('button', { name: 'Hide' }).click();
  await nothingLeft(stage, page);
  await page.getByRole('button', { name: 'Show' }).click();
  await shows(page, ['running', 'running', 'running']);
  expect({ live: stage.live, opened: stage.opened }).toEqual({ live: 1, opened: 2 });

  await page.reload();
  await shows(page, ['running', 'running', 'running']);
  await vi.waitUntil(() => stage.live === 1, patient);
  expect(stage.opened).toBe(3);

  // What happens while the server is away is told when it is back.
  await stage.stop();
  stage.tell('a', 'completed');
  await stage.listen();
  await shows(page, ['completed', 'running', 'running']);
  expect(stage.live).toBe(1);
  stage.tell('b', 'completed');
  stage.fail('c');
  await shows(page, ['completed', 'completed', 'Job c: There is no such job']);
  await nothingLeft(stage, page);
  expect(stage.complaints).toEqual([]);
});

it('React renders on the server, and that subscribes to nothing', async () => {
  // Without a page, the source refuses its relative address, and nothing could ever connect.
  vi.stubGlobal('location', { href: 'http://page/' });
  onTestFinished(() => void vi.unstubAllGlobals());
  const fetched = vi.spyOn(globalThis, 'fetch').mockReturnValue(new Promise(() => undefined));
  const markup = render(ids);
  expect(markup).toContain('waiting');
  // The first request is for all that was subscribed: for what is subscribed here, and nothing of the page.
  const other = songText$('other').subscribe();
  await vi.waitUntil(() => fetched.mock.calls.length > 0, patient);
  other.unsubscribe();
  expect(fetched.mock.calls.map(([url]) => new Request(url).url)).toEqual(['http://page/jobs?job=other']);
});

it('the page in React takes over what the server rendered, and follows', async () => {
  const stage = await stageOf('react');
  // In its production build StrictMode does nothing, and React is silent about what does not match.
  expect([...stage.files.values()].join('')).not.toContain('Minified React error');
  stage.markup = render(ids);
  for (const id of ids) stage.tell(id, 'running');
  const page = await stage.open(ids);
  await shows(page, ['running', 'running', 'running']);
  expect(stage.live).toBe(1);
  await page.getByRole('button', { name: 'Hide' }).click();
  await nothingLeft(stage, page);
  expect(stage.complaints).toEqual([]);
});

it('Angular goes without zone.js, and ending the app ends its stream', async () => {
  const stage = await stageOf('angular');
  for (const id of ids) stage.tell(id, 'running');
  const page = await stage.open(ids);
  await shows(page, ['running', 'running', 'running']);
  expect(await page.evaluate('typeof Zone')).toBe('undefined');
  await page.evaluate(`import('/main.js').then(({ app }) => app).then((app) => app.destroy())`);
  await shows(page, []);
  await nothingLeft(stage, page);
  expect(stage.complaints).toEqual([]);
});
