// What a poll's HTTP costs: CPU a request of the ways to send one, for running and for completed jobs, each with a fresh
// AbortSignal as a poll has (`undiciTransport` also without, as a client calls it), and of `whisul.getJob` over its bare
// transport. No id is asked for twice, so nothing can be remembered. The server is another process. Contenders run in
// processes of their own, the repeats are interleaved, the medians count. For `getJob` that is too coarse: the bare
// transport beside itself gave 0.89 to 1.1 that way, so these two also take turns within one process.
// Run: node packages/core/bench/http.bench.mjs [--quick]
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { median, report } from '../../../scripts/bench/report.mjs';
import { runContender } from '../../../scripts/bench/run-contender.mjs';

const [, , contender, origin, count] = process.argv;
const file = fileURLToPath(import.meta.url);
const running = { status: 'running', prompt: 'a song', result: null, error: null, started_at: '2026-02-17 15:39:34' };
const completed = {
  ...running,
  status: 'completed',
  result: {
    title: 'A song',
    bpm: 85,
    duration: 183,
    song_url: 'https://cdn.whisul.com/songs/1.mp3',
    image_url: 'https://cdn.whisul.com/songs/1.png',
    tags: 'folk, calm',
  },
  finished_at: '2026-02-17 15:41:12',
};
/** The ids of jobs begin with what the server says of them. */
const answers = { running, completed };
const statuses = Object.keys(answers);
const headers = { accept: 'application/json', authorization: 'Bearer key' };
const path = (id) => `/api/jobs/${id}`;
const url = (id) => origin + path(id);
/** As many as a client's budget allows. */
const concurrency = 32;

const byFetch = (fetch) => async (id) => {
  const { signal } = new AbortController();
  const response = await fetch(url(id), { method: 'GET', headers, signal, redirect: 'manual', cache: 'no-store' });
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
    return async (id) => {
      const { signal } = new AbortController();
      const response = await pool.request({ method: 'GET', path: path(id), headers, signal });
      return JSON.parse(await response.body.text());
    };
  },
  async undiciTransport() {
    const { undiciTransport } = await import('@whisul-rx/core/undici');
    const transport = undiciTransport();
    return async (id) => {
      const response = await transport(new Request('GET', url(id), { ...headers }));
      return JSON.parse(await response.text());
    };
  },
  async 'undiciTransport with a signal'() {
    const { undiciTransport } = await import('@whisul-rx/core/undici');
    const transport = undiciTransport();
    return async (id) => {
      const { signal } = new AbortController();
      const response = await transport({ method: 'GET', url: url(id), headers: { ...headers }, signal });
      return JSON.parse(await response.text());
    };
  },
  async 'whisul.getJob on undiciTransport'() {
    const { createWhisul } = await import('@whisul-rx/core');
    const { undiciTransport } = await import('@whisul-rx/core/undici');
    const whisul = createWhisul({ apiKey: 'key', baseUrl: `${origin}/api`, transport: undiciTransport() });
    return (id) => whisul.getJob(id);
  },
};

const pair = ['undiciTransport', 'whisul.getJob on undiciTransport'];

let asked = 0;

/** Asks so many times, each time for another job; resolves with the CPU each took, in us. */
async function make(send, status, length) {
  let left = length;
  const worker = async () => {
    while (left-- > 0) {
      const job = await send(`${status}-${asked++}`);
      if (job.status !== status) throw new Error('No such answer.');
    }
  };
  const started = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = process.cpuUsage(started);
  return (user + system) / length;
}

/** Long enough for the compiler to be done with it: a client that polls runs for hours. */
const warmUp = 4_000;

async function measure() {
  const send = await contenders[contender]();
  for (const status of statuses) await make(send, status, warmUp);
  const cpu = {};
  for (const status of statuses) cpu[status] = await make(send, status, Number(count));
  console.log(JSON.stringify(cpu));
  process.exit(0);
}

/** What `getJob` takes of its bare transport, both in this process. */
async function measurePair() {
  const [bare, client] = await Promise.all(pair.map((name) => contenders[name]()));
  for (const send of [bare, client]) for (const status of statuses) await make(send, status, warmUp);
  const ratio = {};
  for (const status of statuses) {
    const ratios = [];
    for (let i = 0; i < 30; i += 1) {
      const figures = new Map();
      const turns = i % 2 === 0 ? [bare, client] : [client, bare];
      for (const send of turns) figures.set(send, await make(send, status, 1_000));
      ratios.push(figures.get(client) / figures.get(bare));
    }
    ratio[status] = median(ratios);
  }
  console.log(JSON.stringify(ratio));
  process.exit(0);
}

/** A server that answers all requests for jobs of one status alike. */
function serve() {
  const bodies = new Map(statuses.map((status) => [status, JSON.stringify(answers[status])]));
  const server = createServer((request, response) => {
    const body = bodies.get(/^\/api\/jobs\/(\w+)-/.exec(request.url)[1]);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit(0));
}

async function compare(quick) {
  const server = spawn(process.execPath, [file, 'serve'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await new Promise((resolve) => void server.once('message', resolve));
  const names = Object.keys(contenders);
  const figures = new Map([...names, 'pair'].map((name) => [name, []]));
  try {
    for (let repeat = 0; repeat < (quick ? 1 : 5); repeat += 1) {
      for (const [name, list] of figures) {
        list.push(runContender(file, [name, `http://127.0.0.1:${port}`, quick ? 4_000 : 8_000]));
      }
    }
  } finally {
    server.disconnect();
  }
  const all = (name, status) => figures.get(name).map((one) => one[status]);
  const cpu = (name, status) => median(all(name, status));
  const rows = names.map((name) => [
    name,
    ...statuses.flatMap((status) => {
      const ratio = cpu(name, status) / cpu('global fetch', status);
      return [`${cpu(name, status).toFixed(1)} us`, `${ratio.toFixed(2)} x`];
    }),
  ]);
  const completed = 'completed';
  report({
    title: 'One request',
    columns: ['one GET', ...statuses.flatMap((status) => [`${status}: CPU a request`, 'of global fetch'])],
    rows,
    bars: { label: 'CPU a request, completed jobs, us', values: names.map((name) => [name, cpu(name, completed)]) },
    targets: [
      ...statuses.map((status) => ({
        what: `undiciTransport, of global fetch, ${status} jobs`,
        measured: cpu('undiciTransport', status) / cpu('global fetch', status),
        most: 0.16,
        unit: 'x',
      })),
      {
        what: `${pair[1]}, of ${pair[0]}, completed jobs, in turns in one process`,
        measured: median(all('pair', completed)),
        most: 1.25,
        unit: 'x',
      },
    ],
  });
}

if (contender === 'serve') serve();
else if (contender === 'pair') await measurePair();
else if (contender in contenders) await measure();
else await compare(process.argv.includes('--quick'));
