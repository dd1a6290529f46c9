import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { PlaygroundStage } from './playground-stage.js';
import { usePlayground } from './use-playground.js';

const wait = { timeout: 15_000 };

const start = usePlayground();
let stage: PlaygroundStage;
let page: Page;

async function open(options?: Parameters<typeof start>[0]): Promise<void> {
  stage = await start(options);
  page = await stage.openPage();
  await expect.poll(() => page.locator('#mode').innerText(), wait).toMatch(/Whisul[:,]/);
}
async function order(prompt: string, on = page): Promise<void> {
  await on.getByLabel('Describe the song').fill(prompt);
  await on.keyboard.press('Enter');
}
const states = (on = page): Promise<string[]> => on.locator('.card .pill').allTextContents();

describe('money', () => {
  it('is not spent by a double click or a double Enter, and prompts that are not paid stay', async () => {
    await open({ paid: true });
    const dialog = page.getByRole('dialog');
    stage.emulator.script({ method: 'POST', prompt: 'doomed', type: 'fail' });
    await order('doomed');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByLabel('Describe the song').inputValue(), wait).toBe('doomed');
    await page.getByLabel('Prompts, one a line').fill('one\ntwo');
    await page.getByRole('button', { name: 'Make 2 songs' }).click();
    const place = await page.getByRole('button', { name: 'Order 2 songs' }).boundingBox();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByLabel('Prompts, one a line').inputValue(), wait).toBe('one\ntwo');
    expect(stage.paid).toBe(0);

    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByRole('button', { name: 'Order 1 song' }).dblclick();
    await expect.poll(() => states(), wait).toEqual(['In the making']);
    stage.finish();
    await expect.poll(() => states(), wait).toEqual(['Failed']);
    // The dialog comes up below the pointer: the second click is not its answer.
    const { x, y } = { x: (place?.x ?? 0) + 20, y: (place?.y ?? 0) + 15 };
    await page.locator('.again').evaluate(
      (button, at) => {
        if (button instanceof HTMLElement)
          button.style.cssText = `position:fixed;left:${at.x - 20}px;top:${at.y - 15}px`;
      },
      { x, y },
    );
    await page.mouse.dblclick(x, y);
    expect(await dialog.isVisible()).toBe(true);
    expect(stage.paid).toBe(1);
  });

  it('is not forgotten between two tabs', async () => {
    await open();
    const other = await page.context().newPage();
    await other.goto(stage.url);
    await expect.poll(() => other.locator('#mode').innerText(), wait).toContain('costs nothing');
    await order('of the first tab');
    await expect.poll(() => states(), wait).toEqual(['In the making']);
    await order('of the second tab', other);
    await expect.poll(() => states(other), wait).toContain('In the making');
    await other.close();
    await page.reload();
    await expect.poll(() => states(), wait).toEqual(['In the making', 'In the making']);
    expect(await page.locator('#batches').innerText()).toMatch(/^2 songs on their way, about \d+ s to go$/);
    expect(stage.paid).toBe(2);
  });

  it('is not spent on a prompt that is cut short: a line that is too long keeps the form', async () => {
    await open();
    await page.fill('#prompts', `short\n${'x'.repeat(2_001)}`);
    await page.click('#many-go');
    const flaw = await page.locator('#prompts').evaluate((box) => Reflect.get(box, 'validationMessage'));
    expect(flaw).toBe('Line 2 is too long. A prompt has 2,000 characters at most.');
    await page.fill('#prompts', `short\n${'x'.repeat(2_000)}`);
    await page.click('#many-go');
    await expect.poll(() => stage.paid, wait).toBe(2);
  });

  it('may have been spent when the page was left before the answer: nothing is sent, and the card says so', async () => {
    await open();
    stage.emulator.script({ method: 'POST', type: 'hang', after: 'accept' });
    await order('in between');
    await expect.poll(() => stage.paid, wait).toBe(1);
    await page.reload();
    await expect.poll(() => states(), wait).toEqual(['Problem']);
    expect(await page.locator('.failure').innerText()).toContain('The song may have been ordered');
    expect(stage.paid).toBe(1);
    // Ends the answer that hangs: the server waits for it.
    stage.emulator.close();
  });
});

describe('the API', () => {
  it('may refuse the key: the page says so and stays', async () => {
    await open();
    await order('before');
    await expect.poll(() => states(), wait).toEqual(['In the making']);
    stage.emulator.script({ method: 'POST', type: 'status', status: 401 });
    await order('refused');
    await expect.poll(() => states(), wait).toEqual(['Problem', 'In the making']);
    expect(await page.locator('.failure').innerText()).toContain('look at the API key');
    await order('after');
    await expect.poll(() => states(), wait).toEqual(['In the making', 'Problem', 'In the making']);
  });

  it('may say anything: it is text, fits, and its files need not exist', async () => {
    await open();
    const result = {
      title: `\u202E<b>x</b> ${'🎹'.repeat(300)}`,
      bpm: 1e9,
      duration: 1e9,
      tags: `<i>a</i>,${'x'.repeat(500)},مرحبا`,
      song_url: `${stage.url}/media/none.wav`,
      image_url: `${stage.url}/media/none.png`,
    };
    const fields = { status: 'completed', result };
    stage.emulator.script({ method: 'GET', prompt: 'odd', type: 'fields', fields, times: Infinity });
    await order('odd');
    await expect.poll(() => states(), wait).toEqual(['Ready']);
    await page.locator('.play').click();
    await expect.poll(() => page.locator('.player-hint').isVisible(), wait).toBe(true);
    await expect.poll(() => page.locator('.cover .bars').count(), wait).toBe(1);
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await page.locator('.card b, .card i:not(.bars i)').count()).toBe(0);
    expect(await page.locator('.row-name').textContent()).toMatch(/🎹…$/u);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);

    const urls = { song_url: 'javascript:alert(1)', image_url: 'data:image/svg+xml,<svg/>' };
    const unsafe = { status: 'completed', result: { ...result, ...urls } };
    stage.emulator.script({ method: 'GET', prompt: 'unsafe', type: 'fields', fields: unsafe });
    await order('unsafe');
    await expect.poll(() => states(), wait).toEqual(['In the making', 'Ready']);
    expect(await page.locator('[href^="javascript"], [src^="data"]').count()).toBe(0);
  });
});

describe('a page whose server does not answer', () => {
  it('does not offer to order a finished song again, and takes no orders', async () => {
    await open();
    await order('finished');
    await expect.poll(() => states(), wait).toEqual(['In the making']);
    stage.finish();
    await expect.poll(() => states(), wait).toEqual(['Ready']);
    await page.route(/\/jobs\b/, () => undefined);
    await page.reload();
    await expect.poll(() => page.locator('.card-body').innerText(), wait).toBe('Asking the server for this song…');

    await page.route('**/settings', (route) => route.abort());
    await page.reload();
    await expect.poll(() => page.locator('#broken').isVisible(), wait).toBe(true);
    expect(await page.getByText('No songs yet.').isVisible()).toBe(false);
    expect(await page.locator('#one').evaluate((form) => form instanceof HTMLFormElement && form.inert)).toBe(true);
  });
});

it('shows progress in the colours of the user', async () => {
  await open();
  await page.emulateMedia({ forcedColors: 'active' });
  await order('in black and white');
  await expect.poll(() => states(), wait).toEqual(['In the making']);
  const colour = (selector: string): Promise<string> =>
    page
      .locator(selector)
      .first()
      .evaluate((part) => getComputedStyle(part).backgroundColor);
  const ground = await colour('.bar');
  for (const part of ['.bar-fill', '.bars i', '.segment', '.legend .running'])
    expect(await colour(part)).not.toBe(ground);
});

describe('storage', () => {
  it.each(['full', 'blocked'] as const)('that is %s is no reason to stop; the page says so', async (how) => {
    await open();
    expect(await page.locator('#forgetful').isVisible()).toBe(false);
    await page.addInitScript((blocked) => {
      const refuse = (): never => {
        throw new DOMException('no', 'SecurityError');
      };
      if (blocked) Object.defineProperty(globalThis, 'localStorage', { get: refuse });
      else Storage.prototype.setItem = refuse;
    }, how === 'blocked');
    await page.reload();
    await order('still works');
    await expect.poll(() => states(), wait).toEqual(['In the making']);
    expect(await page.locator('#forgetful').innerText()).toContain('does not keep all of your songs');
  });
});
