// What following jobs costs with everything that belongs to it: CPU a poll of 1,000 jobs, each polled once a second over
// real sockets. The server is another process and counts the polls. Contenders run in processes of their own, the
// repeats are interleaved, the medians count. The peers are the clients of other job APIs, as their users call them,
// on the `fetch` that they use by themselves: the global one.
// Run: node packages/core/bench/end-to-end.bench.mjs [--quick]
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { median, report } from '../../../scripts/bench/report.mjs';
import { runContender } from '../../../scripts/bench/run-contender.mjs';

const [, , contender, origin] = process.argv;
const file = fileURLToPath(import.meta.url);
const jobs = 1_000;
const interval = 1_000;
/** Long enough for the compiler to be done with it: a client that polls runs for hours. */
const warmUp = 5_000;
const measured = 4_000;
/** As many as a client's budget allows. */
const connections = 32;
const headers = { accept: 'application/json', authorization: 'Bearer key' };
const path = (i) => `/api/jobs/job-${i}`;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The loop that everybody would write: ask, wait, ask again. */
const loopOver = (ask) => async (i) => {
  while ((await ask(i)).status === 'running') await pause(interval);
};

const loopOverFetch = (fetch) =>
  loopOver(async (i) => JSON.parse(await (await fetch(origin + path(i), { headers })).text()));

async function whisulOn(options) {
  const { createWhisul, fixedSchedule } = await import('@whisul-rx/core');
  const schedule = fixedSchedule(interval);
  const whisul = createWhisul({ ...options, apiKey: 'key', baseUrl: `${origin}/api`, schedule });
  return (i) => whisul.job$(`job-${i}`).subscribe();
}

/** Each gives a function that starts to follow one job. */
const contenders = {
  async 'loop on undici.Pool'() {
    const { Pool } = await import('undici');
    const pool = new Pool(origin, { connections });
    return loopOver(async (i) => {
      const response = await pool.request({ method: 'GET', path: path(i), headers });
      return JSON.parse(await response.body.text());
    });
  },
  async 'whisul-rx on undiciTransport'() {
    const { undiciTransport } = await import('@whisul-rx/core/undici');
    return whisulOn({ transport: undiciTransport({ connections }) });
  },
  async 'loop on cross-fetch'() {
    return loopOverFetch((await import('cross-fetch')).fetch);
  },
  'whisul-rx on its default fetch': () => whisulOn({}),
  'loop on global fetch': () => loopOverFetch(globalThis.fetch),
  async replicate() {
    const { default: Replicate } = await import('replicate');
    const replicate = new Replicate({ auth: 'key', baseUrl: `${origin}/api` });
    return (i) => replicate.wait({ id: `job-${i}`, status: 'starting' }, { interval });
  },
  async '@azure/core-lro'() {
    const { createHttpPoller } = await import('@azure/core-lro');
    const answer = (url, response, body) => ({
      flatResponse: body,
      rawResponse: {
        statusCode: response.status,
        headers: Object.fromEntries(response.headers),
        request: { method: 'GET', url },
        body,
      },
    });
    return (i) => {
      const accepted = new Response(null, { status: 202, headers: { 'operation-location': origin + path(i) } });
      const operation = {
        sendInitialRequest: () => Promise.resolve(answer(`${origin}/api/generate`, accepted, {})),
        async sendPollRequest(url, { abortSignal }) {
          const response = await fetch(url, { headers, signal: abortSignal });
          return answer(url, response, JSON.parse(await response.text()));
        },
      };
      return createHttpPoller(operation, { intervalInMs: interval }).pollUntilDone();
    };
  },
  async '@tanstack/query-core'() {
    const { environmentManager, QueryClient, QueryObserver } = await import('@tanstack/query-core');
    // It takes Node for a server that renders pages, and never polls there.
    environmentManager.setIsServer(() => false);
    const client = new QueryClient();
    return (i) => {
      const observer = new QueryObserver(client, {
        queryKey: ['job', i],
        queryFn: async ({ signal }) => (await fetch(origin + path(i), { headers, signal })).json(),
        refetchInterval: ({ state }) => (state.data === undefined || state.data.status === 'running') && interval,
      });
      observer.subscribe(() => {});
    };
  },
  async '@fal-ai/client'() {
    const { createFalClient } = await import('@fal-ai/client');
    const toServer = (request) => Promise.resolve({ ...request, url: origin + new URL(request.url).pathname });
    const fal = createFalClient({ credentials: 'key', requestMiddleware: toServer });
    return (i) => {
      const options = { requestId: `job-${i}`, mode: 'polling', pollInterval: interval };
      return fal.queue.subscribeToStatus('whisul/song', options);
    };
  },
};

const bases = ['loop on undici.Pool', 'loop on cross-fetch', 'loop on global fetch'];
const peers = ['replicate', '@azure/core-lro', '@tanstack/query-core', '@fal-ai/client'];
const limits = [
  ['whisul-rx on undiciTransport', 'loop on undici.Pool', 1],
  ['whisul-rx on its default fetch', 'loop on cross-fetch', 1.15],
  ['whisul-rx on undiciTransport', 'the best peer', 0.45],
];

/** Starts the jobs evenly over one interval, as they come in real life, not all in the same millisecond. */
async function startAll(follow) {
  const began = performance.now();
  for (let i = 0; i < jobs;) {
    const until = Math.min(jobs, ((performance.now() - began) / interval) * jobs);
    for (; i < until; i += 1) follow(i);
    await pause(1);
  }
}

const countPolls = async () => Number(await (await fetch(`${origin}/polls`)).text());

async function measure() {
  await startAll(await contenders[contender]());
  await pause(warmUp);
  const before = await countPolls();
  const started = process.cpuUsage();
  await pause(measured);
  const { user, system } = process.cpuUsage(started);
  const polls = (await countPolls()) - before;
  console.log(JSON.stringify({ cpu: (user + system) / polls, pace: polls / (measured / 1_000) }));
  process.exit(0);
}

/** A server that says of every job that it runs, and counts how often it was asked. */
function serve() {
  const body = JSON.stringify({
    status: 'running',
    prompt: 'a song',
    result: null,
    error: null,
    started_at: '2026-02-17 15:39:34',
  });
  let polls = 0;
  const server = createServer((request, response) => {
    const text = request.url === '/polls' ? String(polls) : body;
    if (text === body) polls += 1;
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.on('disconnect', () => process.exit(0));
}

async function compare(quick) {
  const server = spawn(process.execPath, [file, 'serve'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await new Promise((resolve) => void server.once('message', resolve));
  const names = Object.keys(contenders);
  const figures = new Map(names.map((name) => [name, []]));
  try {
    for (let repeat = 0; repeat < (quick ? 1 : 5); repeat += 1) {
      for (const name of names) {
        figures.get(name).push(runContender(file, [name, `http://127.0.0.1:${port}`]));
      }
    }
  } finally {
    server.disconnect();
  }
  const medians = (field) => new Map(names.map((name) => [name, median(figures.get(name).map((one) => one[field]))]));
  const [cpu, pace] = [medians('cpu'), medians('pace')];
  cpu.set('the best peer', Math.min(...peers.map((name) => cpu.get(name))));

  let base;
  const rows = names.map((name) => {
    if (bases.includes(name)) base = cpu.get(name);
    const ratio = (cpu.get(name) / base).toFixed(2);
    return [name, `${cpu.get(name).toFixed(0)} us`, `${ratio} x`, pace.get(name).toFixed(0)];
  });
  report({
    title: 'Following jobs, end to end',
    note: `${jobs} jobs, each polled once a second over real sockets. A client is compared with the loop or peer above it.`,
    columns: ['client', 'CPU a poll', 'of its base', 'polls a second'],
    rows,
    bars: { label: 'CPU a poll, us', values: names.map((name) => [name, cpu.get(name)]) },
    targets: limits.map(([name, other, most]) => ({
      what: `${name}, of ${other}`,
      measured: cpu.get(name) / cpu.get(other),
      most,
      unit: 'x',
    })),
  });
}

if (contender === 'serve') serve();
else if (contender in contenders) await measure();
else await compare(process.argv.includes('--quick'));
