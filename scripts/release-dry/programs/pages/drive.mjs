// Starts a built server that renders pages, and opens one in Chromium: `node drive.mjs <public folder> <command>`.
// The folder has what was built for browsers. The API is an emulator, whose jobs go on when this program says so.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { createWhisul } from '@whisul-rx/core';
import { chromium } from 'playwright-core';
import { expectEqual } from '../anywhere/expect-equal.mjs';
import { findChromium } from '../browser/find-chromium.mjs';
import { waitUntil } from './wait-until.mjs';

const [, , publicFolder, ...command] = process.argv;
// It is there during the build, too: what a build takes from the environment must not reach a browser.
const key = process.env.WHISUL_API_KEY;

let clock = Date.now();
const emulator = createEmulator({ apiKey: key, jobDuration: 1_000, now: () => clock });
const api = await listen(emulator);
const whisul = createWhisul({ apiKey: key, baseUrl: api.url });
const receipts = await Promise.all(['a waltz', 'a march', 'a polka'].map((prompt) => whisul.submit(prompt)));
const ids = receipts.map(({ job_id }) => job_id);
whisul.close();
const linesOf = (status) => ids.map((id) => `${id}: ${status}`);

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return String(port);
}

const env = { ...process.env, HOST: '127.0.0.1', PORT: await freePort(), WHISUL_BASE_URL: api.url };
const app = spawn(command[0], command.slice(1), { env, stdio: ['ignore', 'inherit', 'inherit'] });
// Also if this program fails.
process.on('exit', () => app.kill());
const base = `http://127.0.0.1:${env.PORT}/`;
const address = `${base}?${ids.map((id) => `job=${id}`).join('&')}`;
async function answers() {
  try {
    return (await fetch(base)).ok;
  } catch {
    return false;
  }
}
await waitUntil('the server answers', answers);

const html = await (await fetch(address)).text();
for (const id of ids) {
  const [, text = ''] = new RegExp(`<li[^>]*>${id}:(.*?)</li>`).exec(html.replaceAll('<!-- -->', '')) ?? [];
  expectEqual(text.trim(), 'running', 'what the server renders of a job');
}

const browser = await chromium.launch({
  executablePath: findChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--headless'],
});
try {
  const page = await browser.newPage();
  const complaints = [];
  const streams = [];
  const elsewhere = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname.startsWith('/api/jobs')) streams.push(url.search);
    if (/^http/.test(url.protocol) && !url.href.startsWith(base)) elsewhere.push(url.href);
  });
  const shows = (lines) =>
    waitUntil(`the page shows ${lines.join(', ')}`, async () => {
      const shown = await page.locator('li').allInnerTexts();
      return shown.join() === lines.join();
    });
  const button = (name) => page.getByRole('button', { name }).click();

  await page.goto(address);
  await shows(linesOf('running'));
  await waitUntil('the page opens its stream', () => streams.length > 0);
  // The button works once the page is hydrated. Without its list the page ends its stream, and the server its polls.
  await button('Hide');
  await shows([]);
  expectEqual(streams.length, 1, 'connections for three jobs');
  await waitUntil('the server stops asking for jobs that nobody watches', async () => {
    const asked = emulator.requests.length;
    // Longer than from one poll to the next.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    return emulator.requests.length === asked;
  });
  await button('Show');
  await shows(linesOf('running'));
  await page.reload();
  await shows(linesOf('running'));
  await waitUntil('the page opens its stream again', () => streams.length === 3);
  clock += 1_000;
  await shows(linesOf('completed'));
  expectEqual(streams.length, 3, 'connections after it was shown again and reloaded');
  expectEqual(complaints, [], 'what the page printed');
  expectEqual(elsewhere, [], 'what the page asked of other servers');
} finally {
  await browser.close();
}
app.kill();
await api.close();

const files = readdirSync(publicFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
expectEqual(files.length > 0, true, 'files for browsers');
const sent = [html, ...files.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))];
expectEqual(sent.filter((text) => text.includes(key)).length, 0, 'pages and files with the key');
console.log(`${files.length} files for browsers, none has the key.`);
