// What a poll's HTTP costs: CPU a request of the ways to send one, each with a fresh AbortSignal as a poll has
// (`undiciTransport` also without, as a client calls it), and of `whisul.getJob` over its bare transport. The server is another process. Contenders run in processes of their own, the
// repeats are interleaved, the medians count. For `getJob` that is too coarse: the bare transport beside itself gave 0.89 to
// 1.1 that way, so these two also take turns within one process, 1,500 requests each.
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

/** A request as a client makes it: it hears of its abort, and makes a signal only if it is asked for one. */
class Request {
  #listener;
  constructor(method, url, headers) {
    Object.assign(this, { method, url, headers });
  }
  get signal() {
    return new AbortController().signal;
  }
  onAbort(listener) {
    this.#listener = listener;
  }
  abort() {
    this.#listener?.();
  }
}

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
      const response = await transport(new Request('GET', url(i), { ...headers }));
      return JSON.parse(await response.text());
    };
  },
  async 'undiciTransport with a signal'() {
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

const pair = ['undiciTransport', 'whisul.getJob on undiciTransport'];

/** Makes so many requests; resolves with the CPU each took, in us. */
async function make(send, length) {
  let next = 0;
  const worker = async () => {
    while (next < length) if ((await send(next++ % 1000)).status !== 'running') throw new Error('No such answer.');
  };
  const started = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = process.cpuUsage(started);
  return (user + system) / length;
}

/** Long enough for the compiler to be done with it: a client that polls runs for hours. */
const warmUp = 10_000;

async function measure() {
  const send = await contenders[contender]();
  await make(send, warmUp);
  console.log(await make(send, Number(count)));
  process.exit(0);
}

/** What `getJob` takes of its bare transport, both in this process. */
async function measurePair() {
  const [bare, client] = await Promise.all(pair.map((name) => contenders[name]()));
  for (const send of [bare, client]) await make(send, warmUp);
  const ratios = [];
  for (let i = 0; i < 40; i += 1) {
    const figures = new Map();
    for (const send of i % 2 === 0 ? [bare, client] : [client, bare]) figures.set(send, await make(send, 1_500));
    ratios.push(figures.get(client) / figures.get(bare));
  }
  console.log(median(ratios));
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
  const ratios = [];
  const run = (args) => {
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (stdout === '') throw new Error(stderr);
    return Number(stdout);
  };
  try {
    for (let repeat = 0; repeat < (quick ? 3 : 7); repeat += 1) {
      for (const [name, list] of figures) {
        const args = [file, name, `http://127.0.0.1:${port}`, quick ? '10000' : '20000'];
        list.push(run(args));
      }
      ratios.push(run([file, 'pair', `http://127.0.0.1:${port}`]));
    }
  } finally {
    server.disconnect();
  }
  const slow = median([...figures.values()][0]);
  console.log('| one GET | CPU a request | of global fetch |\n| --- | ---: | ---: |');
  for (const [name, list] of figures) {
    const cpu = median(list);
    console.log(`| ${name} | ${cpu.toFixed(1)} us | ${(cpu / slow).toFixed(2)} x |`);
  }
  const low = Math.min(...ratios).toFixed(2);
  const high = Math.max(...ratios).toFixed(2);
  console.log(
    `\n${pair.join(' and ')}, taking turns in one process: ${median(ratios).toFixed(2)} x (${low} to ${high})`,
  );
  console.log('must: undiciTransport <= 0.16 x global fetch, whisul.getJob <= 1.25 x undiciTransport');
}

if (contender === 'serve') serve();
else if (contender === 'pair') await measurePair();
else if (contender in contenders) await measure();
else await compare(process.argv.includes('--quick'));
