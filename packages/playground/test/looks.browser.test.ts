import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type * as axeCore from 'axe-core';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import type { PlaygroundStage } from './playground-stage.js';
import { usePlayground } from './use-playground.js';

const wait = { timeout: 50_000 };

/** Pictures for people to look at; git ignores them. */
const folder = fileURLToPath(new URL('../screenshots/', import.meta.url));
const prompts = [
  'a relaxing lo-fi hip hop beat',
  'bright synthwave for a night drive',
  'a brass band falling down the stairs',
  'a sea shanty about debugging',
  'slow piano while it rains',
  'techno for a robot wedding',
  'a lullaby for a tired server',
  'bossa nova on a night train',
  'a waltz for two robots',
];

declare global {
  /** On the page of these tests. */
  var axe: typeof axeCore;
}

const start = usePlayground();
let stage: PlaygroundStage;
beforeAll(() => mkdir(folder, { recursive: true }));

/** What axe holds against the page: the rule and the element. */
async function violations(page: Page): Promise<string[]> {
  // Evaluated by the browser's own hand: the page's policy lets no script in.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations: found } = await globalThis.axe.run();
    return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

async function orderBatch(page: Page, lines: string[]): Promise<void> {
  await page.getByLabel('Prompts, one a line').fill(lines.join('\n'));
  await page.getByRole('button', { name: `Make ${lines.length} songs` }).click();
}

/** No part of the page is wider than the window. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

const variants = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
] as const;

it.each(variants)('looks right and is accessible at $width px, $colorScheme', async ({ width, colorScheme }) => {
  stage = await start();
  stage.emulator.script({ method: 'POST', prompt: prompts[2] ?? '', type: 'fail', error: 'The tuba did not survive.' });
  const page = await stage.openPage({ viewport: { width, height: 900 }, colorScheme });
  const shoot = async (name: string): Promise<void> => {
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: `${folder}${name}-${width}-${colorScheme}.png`, fullPage: true });
  };
  await expect.poll(() => page.getByText('costs nothing').isVisible(), wait).toBe(true);
  expect(await violations(page)).toEqual([]);
  await shoot('empty');

  const pills = (text: string): Promise<number> => page.locator('.card .pill', { hasText: text }).count();
  await orderBatch(page, prompts.slice(0, 4));
  await expect.poll(() => pills('In the making'), wait).toBe(4);
  // The pictures need bars of some length; no check depends on it.
  await page.waitForTimeout(4_000);
  stage.finish();
  await expect.poll(async () => [await pills('Ready'), await pills('Failed')], wait).toEqual([3, 1]);
  await orderBatch(page, prompts.slice(4));
  await expect.poll(() => pills('Waiting'), wait).toBe(1);
  await page.locator('.play').first().click();
  await expect
    .poll(
      () =>
        page
          .locator('audio')
          .first()
          .evaluate((audio) => 'currentTime' in audio && Number(audio.currentTime) > 2),
      wait,
    )
    .toBe(true);
  await shoot('songs');
  expect(await violations(page)).toEqual([]);
  expect(await overflow(page)).toBe(0);

  await stage.stop();
  await page.getByLabel('Describe the song').fill('a song that cannot be sent');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('#banner-text').innerText(), wait).toContain('Connection lost');
  await expect.poll(() => pills('Problem'), wait).toBe(1);
  await shoot('lost');
  expect(await violations(page)).toEqual([]);
  expect(await overflow(page)).toBe(0);
});

it('asks for money in a dialog that is accessible', async () => {
  stage = await start({ paid: true });
  const page = await stage.openPage({ viewport: { width: 360, height: 700 } });
  await page.getByLabel('Describe the song').fill('an expensive one');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.getByRole('dialog').isVisible(), wait).toBe(true);
  await page.screenshot({ path: `${folder}pay-360-light.png` });
  expect(await violations(page)).toEqual([]);
});
