// Serves a bundle and a gateway of the same origin, and opens the page in Chromium: `node visit.mjs <bundle>`.
// A second argument names a package that has a Chromium of its own.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { chromium } from 'playwright-core';
import { expectEqual } from '../anywhere/expect-equal.mjs';
import { openClient } from '../anywhere/open-client.mjs';
import { findChromium } from './find-chromium.mjs';

const [, , file, owner] = process.argv;
const executablePath = owner === undefined ? findChromium() : await (await import(owner)).default.executablePath();
const bundle = readFileSync(file);
const { whisul, close } = openClient();
const handler = createNodeJobsHandler(whisul, { authorize: 'public', generate: true });
const server = createServer((request, response) => {
  if (request.url.startsWith('/jobs')) handler(request, response);
  else if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript').end(bundle);
  else if (request.url === '/favicon.ico') response.writeHead(204).end();
  else {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><script type="module" src="/page.js"></script>');
  }
}).listen(0, '127.0.0.1');
await once(server, 'listening');

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--headless'] });
try {
  const page = await browser.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => complaints.push(message.text()));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  expectEqual(await page.evaluate(() => globalThis.outcome), 3, 'parts that the page has done');
  expectEqual(complaints, [], 'what the page printed');
  console.log(`Chromium ${browser.version()}: ${bundle.length} bytes`);
} finally {
  await browser.close();
  await handler.close();
  server.close();
  server.closeAllConnections();
  close();
}
