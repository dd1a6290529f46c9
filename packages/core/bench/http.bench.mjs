// What a poll's HTTP costs: CPU a request of the ways to send one, each with a fresh AbortSignal as a poll has, and of
// `whisul.getJob` over its bare transport. The server is another process. Contenders run in processes of their own, the
// repeats are interleaved, the medians count.
// Run: node packages/core/bench/http.bench.mjs [--quick]
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const [, , contender, origin, count] = process.argv;
const job = { status: 'running', prompt: 'a song', result: null, error: null, started_at: '2026-02-17 15:39:34' };
const headers = { accept: 'application/json', authorization: 'Bearer key' };
const url = (i) => `${origin}/api/jobs/job-${i}`;
/** As many as a client's budget allows. */
const concurrency = 32;

const byFetch = (fetch) => async (i) => {
  const { signal } = new AbortController();
  const response = await fetch(url(i), { method: 'GET', headers, signal, redirect: 'manual', cache: 'no-store' });
  return JSON.parse(await response.text());
};

/** Each gives a function that makes one request. */
const contenders = {
  'global fetch': () => byFetch(globalThis.fetch),
  async 'cross-fetch'() {
    return byFetch((await import('cross-fetch')).fetch);
  },
  async 'undici.Pool'() {
    const { Pool } = await import('undici');
    const pool = new Pool(origin, { connections: concurrency });
    return async (i) => {
      const { signal } = new AbortController();
      const response = await pool.request({ method: 'GET', path: `/api/jobs/job-${i}`, headers, signal });
      return JSON.parse(await response.body.text());
    };
  },
  async undiciTransport() {
    const { undiciTransport } = await import('@whisul-rx/core/undici');
    const transport = undiciTransport();
    return async (i) => {
      const { signal } = new AbortController();
      const response = await transport({ method: 'GET', url: url(i), headers: { ...headers }, signal });
      return JSON.parse(await response.text());
    };
  },
  async 'whisul.getJob on undiciTransport'() {
    const { createWhisul } = await import('@whisul-rx/core');
    const { undiciTransport } = await import('@whisul-rx/core/undici');
    const whisul = createWhisul({ apiKey: 'key', baseUrl: `${origin}/api`, transport: undiciTransport() });
    return (i) => whisul.getJob(`job-${i}`);
  },
};

async function measure() {
  const send = await contenders[contender]();
  const make = async (length) => {
    let next = 0;
    const worker = async () => {
      while (next < length) if ((await send(next++ % 1000)).status !== 'running') throw new Error('No such answer.');
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  };
  // Long enough for the compiler to be done with it: a client that polls runs for hours.
  await make(10_000);
  const started = process.cpuUsage();
  await make(Number(count));
  const { user, system } = process.cpuUsage(started);
  console.log((user + system) / Number(count));
  process.exit(0);
}

/** A server that answers every request alike. */
function serve() {
  const body = JSON.stringify(job);
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit(0));
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function compare(quick) {
  const file = fileURLToPath(import.meta.url);
  const server = spawn(process.execPath, [file, 'serve'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await new Promise((resolve) => void server.once('message', resolve));
  const figures = new Map(Object.keys(contenders).map((name) => [name, []]));
  try {
    for (let repeat = 0; repeat < (quick ? 3 : 7); repeat += 1) {
      for (const [name, list] of figures) {
        const args = [file, name, `http://127.0.0.1:${port}`, quick ? '10000' : '20000'];
        const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
        if (stdout === '') throw new Error(stderr);
        list.push(Number(stdout));
      }
    }
  } finally {
    server.disconnect();
  }
  const [slow, , , bare] = [...figures.values()].map(median);
  console.log('| one GET | CPU a request | of global fetch | of undiciTransport |\n| --- | ---: | ---: | ---: |');
  for (const [name, list] of figures) {
    const cpu = median(list);
    console.log(`| ${name} | ${cpu.toFixed(1)} us | ${(cpu / slow).toFixed(2)} x | ${(cpu / bare).toFixed(2)} x |`);
  }
  console.log('\nmust: undiciTransport <= 0.30 x global fetch, whisul.getJob <= 1.15 x undiciTransport');
}

if (contender === 'serve') serve();
else if (contender in contenders) await measure();
else await compare(process.argv.includes('--quick'));
