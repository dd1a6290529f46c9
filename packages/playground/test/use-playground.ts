import { launchChromium } from '@whisul-rx/test-support/launch-chromium';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import type { Site } from '../src/server/load-site.js';
import { buildSite, PlaygroundStage } from './playground-stage.js';

/** Starts the playground of one test. */
type StartStage = (options?: Parameters<typeof PlaygroundStage.start>[2]) => Promise<PlaygroundStage>;

/** Gives the tests of a file one browser, and closes each test's playground: it must not have complained. */
export function usePlayground(): StartStage {
  // A browser takes its time on a busy machine; what is waited for here comes, or never.
  vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
  let browser: Browser;
  let site: Site;
  let stage: PlaygroundStage | undefined;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), buildSite()]);
  });
  afterEach(async () => {
    await stage?.close();
    expect(stage?.complaints).toEqual([]);
  });
  afterAll(() => browser.close());
  return async (options) => (stage = await PlaygroundStage.start(browser, site, options));
}
