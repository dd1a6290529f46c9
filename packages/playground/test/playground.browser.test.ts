import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { PlaygroundStage } from './playground-stage.js';
import { usePlayground } from './use-playground.js';

const wait = { timeout: 30_000 };

const start = usePlayground();
let stage: PlaygroundStage;
let page: Page;

async function open(options?: Parameters<typeof start>[0]): Promise<void> {
  stage = await start(options);
  page = await stage.openPage();
}
async function order(prompt: string): Promise<void> {
  await page.getByLabel('Describe the song').fill(prompt);
  await page.keyboard.press('Enter');
}
async function orderBatch(prompts: string[], atOnce: number): Promise<void> {
  await page.getByLabel('Prompts, one a line').fill(prompts.join('\n'));
  await page.getByLabel('At once').fill(String(atOnce));
  await page.getByRole('button', { name: /^Make \d+ songs?$/ }).click();
}
/** The states that the cards show, in order. */
const states = (): Promise<string[]> => page.locator('.card .pill').allTextContents();
const count = async (state: string): Promise<number> => (await states()).filter((each) => each === state).length;
const audio = (): Promise<{ duration: number; currentTime: number; paused: boolean }> =>
  page.locator('audio').evaluate((element) => {
    if (!(element instanceof HTMLAudioElement)) throw new Error('no audio');
    return { duration: element.duration, currentTime: element.currentTime, paused: element.paused };
  });

describe('a song', () => {
  it('is ordered with the keyboard, watched, played and paused', async () => {
    await open();
    await order('a relaxing lo-fi beat');
    await expect.poll(states, wait).toEqual(['In the making']);
    const bar = page.getByRole('progressbar', { name: 'Progress of a relaxing lo-fi beat' });
    expect(Number(await bar.getAttribute('aria-valuenow'))).toBeLessThan(100);
    expect(await page.getByLabel('Describe the song').evaluate((box) => box === document.activeElement)).toBe(true);
    stage.finish();
    await expect.poll(states, wait).toEqual(['Ready']);

    const card = page.locator('.card');
    const { title } = { title: await card.getByRole('heading').innerText() };
    expect(title).not.toBe('a relaxing lo-fi beat');
    await expect.poll(() => card.locator('.facts').innerText(), wait).toMatch(/^\d+ bpm$/);
    expect(await card.getByRole('list', { name: 'Tags' }).innerText()).toContain('relaxing');
    await expect
      .poll(() => card.locator('.cover img').evaluate((image) => image.clientWidth), wait)
      .toBeGreaterThan(50);

    await expect.poll(async () => (await audio()).duration, wait).toBeGreaterThan(5);
    const bars = (await card.locator('.wave path').first().getAttribute('d')) ?? '';
    expect(new Set(bars.match(/v[\d.]+/g)).size).toBeGreaterThan(20);
    await page.getByRole('button', { name: `Play ${title}` }).click();
    await expect.poll(async () => (await audio()).currentTime, wait).toBeGreaterThan(0.3);
    await page.getByRole('button', { name: `Pause ${title}` }).click();
    await expect.poll(async () => (await audio()).paused, wait).toBe(true);
    await page.getByRole('slider', { name: `Position in ${title}` }).fill('4');
    expect((await audio()).currentTime).toBeCloseTo(4, 0);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: `Download the song of ${title}` }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`${title}.wav`);
  });

  it('plays alone: another one that plays is paused', async () => {
    await open();
    await orderBatch(['one', 'two'], 2);
    await expect.poll(states, wait).toEqual(['In the making', 'In the making']);
    stage.finish();
    await expect.poll(states, wait).toEqual(['Ready', 'Ready']);
    for (const at of [0, 1]) await page.locator('.play').nth(at).click();
    const paused = (): Promise<boolean[]> =>
      page.evaluate(() => [...document.querySelectorAll('audio')].map((element) => element.paused));
    await expect.poll(paused, wait).toEqual([true, false]);
  });

  it('that fails says why, and can be ordered again in its place', async () => {
    await open();
    stage.emulator.script({ method: 'POST', prompt: 'too loud', type: 'fail', error: 'The speaker melted.' });
    await order('too loud');
    await expect.poll(states, wait).toEqual(['In the making']);
    stage.finish();
    await expect.poll(states, wait).toEqual(['Failed']);
    expect(await page.locator('.failure').innerText()).toContain('The speaker melted.');
    await page.getByRole('button', { name: 'Try again: too loud' }).press('Enter');
    await expect.poll(states, wait).toEqual(['In the making']);
    // The button has gone; the focus has not.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('too loud');
    stage.finish();
    await expect.poll(states, wait).toEqual(['Ready']);
    expect(await page.locator('#timeline .mark.failed').count()).toBe(1);
    expect(stage.paid).toBe(2);
  });

  it('has a prompt that is text, whatever it looks like', async () => {
    await open();
    const prompt = '<img src=x onerror="document.title = 1"> & <b>bold</b>';
    await order(prompt);
    await expect.poll(() => page.locator('.card h3').allTextContents(), wait).toEqual([prompt]);
    expect(await page.locator('.card b, .card h3 img').count()).toBe(0);
  });
});

describe('what is on its way', () => {
  it('is there again after a reload in the middle, and nothing is ordered twice', async () => {
    await open();
    await orderBatch(['one', 'two', 'three'], 3);
    await expect.poll(() => count('In the making'), wait).toBe(3);
    await page.reload();
    await expect.poll(states, wait).toEqual(['In the making', 'In the making', 'In the making']);
    expect(await page.locator('.card h3').allTextContents()).toEqual(['one', 'two', 'three']);
    stage.finish();
    await expect.poll(() => count('Ready'), wait).toBe(3);
    await page.reload();
    await expect.poll(() => count('Ready'), wait).toBe(3);
    expect(stage.paid).toBe(3);
  });

  it('that was never sent is not sent by a reload', async () => {
    await open();
    await orderBatch(['one', 'two'], 1);
    await expect.poll(states, wait).toEqual(['In the making', 'Waiting']);
    await page.reload();
    await expect.poll(states, wait).toEqual(['In the making', 'Problem']);
    expect(await page.locator('.failure').innerText()).toContain('before this prompt was sent');
    expect(stage.paid).toBe(1);
  });

  it('goes on after a restart of the server, with a banner while it is away', async () => {
    await open();
    await order('a long one');
    await expect.poll(states, wait).toEqual(['In the making']);
    const banner = page.getByRole('alert').filter({ hasText: 'Connection lost' });
    await stage.stop();
    await expect.poll(() => banner.isVisible(), wait).toBe(true);
    await order('meanwhile');
    await expect.poll(states, wait).toEqual(['Problem', 'In the making']);
    expect(await page.locator('.failure').innerText()).toContain('was not sent');
    stage.finish();
    await stage.listen();
    await expect.poll(states, wait).toEqual(['Problem', 'Ready']);
    await expect.poll(() => banner.isVisible(), wait).toBe(false);
    await page.getByRole('button', { name: 'Try again: meanwhile' }).click();
    await expect.poll(states, wait).toEqual(['In the making', 'Ready']);
    expect(stage.paid).toBe(2);
  });

  it('may be 30 songs at once: three connections while they are ordered, one after a reload', async () => {
    await open();
    const prompts = Array.from({ length: 30 }, (_, at) => `song ${at}`);
    await orderBatch(prompts, 30);
    await expect.poll(() => count('In the making'), wait).toBe(30);
    // The answers to two POSTs go on as streams; the others share one.
    await expect.poll(() => stage.open.size, wait).toBeLessThanOrEqual(3);
    await page.reload();
    await expect.poll(() => count('In the making'), wait).toBe(30);
    await expect
      .poll(() => [...stage.open].map((url) => new URL(url).searchParams.getAll('job').length), wait)
      .toEqual([30]);
    stage.finish();
    await expect.poll(() => count('Ready'), wait).toBe(30);
    expect(await page.locator('#summary-list').innerText()).toContain('30 ready');
    expect(await page.locator('#timeline .row').count()).toBe(30);
    await page.getByRole('button', { name: 'Clear finished' }).click();
    await expect.poll(() => page.getByText('No songs yet.').isVisible(), wait).toBe(true);
  });

  it('is cleared when it has ended, and not before', async () => {
    await open();
    const clear = page.getByRole('button', { name: 'Clear finished' });
    await order('a short one');
    await expect.poll(states, wait).toEqual(['In the making']);
    expect(await clear.isVisible()).toBe(false);
    stage.finish();
    await expect.poll(states, wait).toEqual(['Ready']);
    await order('a long one');
    await expect.poll(states, wait).toEqual(['In the making', 'Ready']);
    await clear.press('Enter');
    await expect.poll(states, wait).toEqual(['In the making']);
    expect(await clear.isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  });

  it('leaves quietly when it had ended and its server has forgotten it', async () => {
    await open();
    await order('an old one');
    await expect.poll(states, wait).toEqual(['In the making']);
    stage.finish();
    await expect.poll(states, wait).toEqual(['Ready']);
    await page.context().clearCookies();
    await page.reload();
    await expect.poll(() => page.getByText('No songs yet.').isVisible(), wait).toBe(true);
  });
});

it('asks before it pays, and says that songs cost money', async () => {
  await open({ paid: true });
  expect(await page.locator('#mode').innerText()).toContain('every song costs money');
  await orderBatch(['one', 'two'], 2);
  const dialog = page.getByRole('dialog', { name: 'This costs money' });
  expect(await dialog.innerText()).toContain('This orders 2 songs');
  await page.keyboard.press('Escape');
  await expect.poll(() => dialog.isVisible(), wait).toBe(false);
  await order('three');
  await page.getByRole('button', { name: 'Order 1 song' }).click();
  await expect.poll(states, wait).toEqual(['In the making']);
  expect(stage.paid).toBe(1);
});

it('moves little for those who want that', async () => {
  stage = await start();
  page = await stage.openPage({ reducedMotion: 'reduce' });
  await order('a calm one');
  await expect.poll(states, wait).toEqual(['In the making']);
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
});
