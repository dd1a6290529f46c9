// What a cluster costs on Redis and on Postgres: poll activations a second beside bare BullMQ, how long until another worker
// takes over from a killed one, how long a transition takes to another process, and what a job takes of the store.
// usage: node packages/bullmq/bench/cluster.bench.mjs [--quick] (after a build; needs redis-server on PATH)
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { DelayedError } from 'bullmq';
import { median, report } from '../../../scripts/bench/report.mjs';
import { startPostgres, startRedis } from './bench-servers.mjs';

const quick = process.argv.includes('--quick');
const window = quick ? 2_000 : 5_000;
const concurrency = 50;
// Where more polls are due than Postgres can make, it makes those of the oldest records first: no more than one worker holds.
const plans = [
  {
    start: startRedis,
    repeats: quick ? 2 : 5,
    polled: 1_000,
    kept: quick ? 2_000 : 10_000,
    kills: quick ? 3 : 10,
    followed: 200,
  },
  {
    start: startPostgres,
    repeats: quick ? 1 : 5,
    polled: concurrency,
    kept: quick ? 200 : 1_000,
    kills: quick ? 1 : 10,
    followed: 50,
  },
];

const sorted = (values) => [...values].sort((a, b) => a - b);
const quantile = (values, p) => sorted(values)[Math.min(values.length - 1, Math.floor(p * values.length))];
const until = async (holds) => {
  while (!holds()) await sleep(5);
};

/** What every poll does without us: the record goes to the delayed ones and comes back. */
async function bare({ bare: { Queue, Worker, connection }, polled }) {
  const name = `bare-${randomUUID()}`;
  const options = { connection };
  const queue = new Queue(name, options);
  await queue.addBulk(
    Array.from({ length: polled }, (_, id) => ({ name: 'poll', data: { id }, opts: { jobId: `g-${id}` } })),
  );
  let count = 0;
  const worker = new Worker(
    name,
    async (job, token) => {
      count += 1;
      await job.moveToDelayed(Date.now() + 5, token);
      throw new DelayedError();
    },
    { ...options, concurrency },
  );
  await until(() => count >= polled);
  const before = count;
  await sleep(window);
  const rate = ((count - before) / window) * 1_000;
  await worker.close();
  await queue.obliterate({ force: true });
  await queue.close();
  return rate;
}

async function ours({ connection, polled, empty }) {
  let count = 0;
  const answer = JSON.stringify({ status: 'running', prompt: 'a song', result: null, error: null });
  const whisul = createWhisul({
    apiKey: 'bench',
    transport: async () => {
      count += 1;
      return { status: 200, headers: { get: () => null }, text: async () => answer };
    },
  });
  const engine = createBullmqEngine({ whisul, connection, account: randomUUID(), schedule: fixedSchedule(5) });
  const running = new Set();
  for (let id = 0; id < polled; id += 1) {
    engine.job$(`job-${id}`).subscribe({ next: () => running.add(id), error: () => undefined });
  }
  await until(() => running.size === polled);
  const before = count;
  await sleep(window);
  const rate = ((count - before) / window) * 1_000;
  await engine.close();
  whisul.close();
  await empty();
  return rate;
}

async function member(connection, account, url, role) {
  const child = fork(new URL('./member.mjs', import.meta.url), [connection, account, url, role]);
  await once(child, 'message');
  return child;
}

async function end(child) {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function latency({ connection, followed }) {
  let late = 0;
  const emulator = createEmulator({ jobDuration: 60_000, now: () => Date.now() + late });
  const answered = new Map();
  const whisul = createWhisul({
    apiKey: 'bench',
    baseUrl: 'http://emulator.local/api',
    fetch: async (...request) => {
      const response = await emulator.fetch(...request);
      const text = await response.text();
      const { status } = JSON.parse(text);
      const id = /jobs\/(.*)$/.exec(request[0])?.[1];
      if (!answered.has(`${id} ${status}`)) answered.set(`${id} ${status}`, performance.timeOrigin + performance.now());
      return new Response(text, { status: response.status, headers: response.headers });
    },
  });
  const account = randomUUID();
  const engine = createBullmqEngine({ whisul, connection, account, schedule: fixedSchedule(500) });
  const ids = [];
  for (let index = 0; index < followed; index += 1) ids.push((await whisul.submit(`song ${index}`)).job_id);
  const follower = await member(connection, account, 'http://127.0.0.1:9/api', 'follower');
  const waits = [];
  follower.on('message', ({ id, status, at }) => waits.push(at - answered.get(`${id} ${status}`)));
  // One after the other: what is measured is the way, not a queue before it.
  for (const id of ids) {
    follower.send({ follow: [id] });
    await sleep(15);
  }
  await until(() => waits.length === followed);
  late = 60_000;
  await until(() => waits.length === 2 * followed);
  await end(follower);
  await engine.close();
  whisul.close();
  emulator.close();
  return waits;
}

async function takeover({ connection }) {
  const emulator = createEmulator({ jobDuration: Infinity });
  const server = await listen(emulator);
  const account = randomUUID();
  const holder = await member(connection, account, server.url, 'worker');
  const whisul = createWhisul({ apiKey: 'bench', baseUrl: server.url });
  const { job_id } = await whisul.submit('a song');
  holder.send({ follow: [job_id] });
  await until(() => emulator.requests.length > 3);
  emulator.script({ method: 'GET', type: 'hang' });
  await until(() => emulator.requests.some(({ status }) => status === 'hang'));
  const other = await member(connection, account, server.url, 'worker');
  other.send({ follow: [job_id] });
  await sleep(500 + Math.random() * 2_000);
  const asked = emulator.requests.length;
  const began = performance.now();
  await end(holder);
  await until(() => emulator.requests.length > asked);
  const took = performance.now() - began;
  await end(other);
  whisul.close();
  await server.close();
  emulator.close();
  return took;
}

async function storeBytes({ connection, kept, empty, bytes }) {
  await empty();
  const before = await bytes();
  const result = { status: 'running', prompt: 'a relaxing lo-fi hip hop beat', result: null, error: null };
  const answer = JSON.stringify({ ...result, started_at: '2026-02-17 15:39:34' });
  const whisul = createWhisul({
    apiKey: 'bench',
    transport: async () => ({ status: 200, headers: { get: () => null }, text: async () => answer }),
  });
  const engine = createBullmqEngine({ whisul, connection, account: randomUUID(), schedule: fixedSchedule(600_000) });
  let running = 0;
  for (let id = 0; id < kept; id += 1)
    engine.job$(randomUUID()).subscribe({ next: () => (running += 1), error: () => undefined });
  await until(() => running === kept);
  await sleep(500);
  const each = ((await bytes()) - before) / kept;
  await engine.close();
  whisul.close();
  return each;
}

async function measure(server) {
  const rates = { bare: [], ours: [] };
  for (let repeat = 0; repeat < server.repeats; repeat += 1) {
    rates.bare.push(await bare(server));
    rates.ours.push(await ours(server));
  }
  const waits = await latency(server);
  const bytes = await storeBytes(server);
  const took = [];
  for (let kill = 0; kill < server.kills; kill += 1) took.push((await takeover(server)) / 1_000);
  return { server, bare: median(rates.bare), ours: median(rates.ours), waits, bytes, took };
}

const found = [];
for (const { start, ...plan } of plans) {
  const server = { ...(await start()), ...plan };
  try {
    found.push(await measure(server));
  } finally {
    await server.stop();
  }
}
const [redis] = found;
const activations = found.flatMap(({ server, bare, ours }) => [
  [`bare BullMQ on ${server.name}`, bare],
  [`whisul-rx on ${server.name}`, ours],
]);
const each = (read) => found.map(read);
report({
  title: 'A cluster on Redis and on Postgres',
  columns: ['', ...each(({ server }) => server.name)],
  rows: [
    ['poll activations a second, bare BullMQ', ...each(({ bare }) => bare.toFixed(0))],
    ['poll activations a second, whisul-rx on BullMQ', ...each(({ ours }) => ours.toFixed(0))],
    ['transition to another process, p50', ...each(({ waits }) => `${median(waits).toFixed(1)} ms`)],
    ['transition to another process, p99', ...each(({ waits }) => `${quantile(waits, 0.99).toFixed(1)} ms`)],
    ['takeover after kill -9, median', ...each(({ took }) => `${median(took).toFixed(1)} s`)],
    ['store, of each followed job', ...each(({ bytes }) => `${bytes.toFixed(0)} B`)],
  ],
  bars: { label: 'poll activations a second', values: activations },
  targets: [
    { what: 'Redis: poll activations, of bare BullMQ', measured: redis.ours / redis.bare, least: 0.7, unit: 'x' },
    ...found.map(({ server, took }) => ({
      what: `${server.name}: takeover after kill -9, longest of ${took.length}`,
      measured: Math.max(...took),
      most: 7,
      unit: 's',
    })),
    {
      what: `Redis: transition to another process, p50 of ${redis.waits.length}`,
      measured: median(redis.waits),
      most: 5,
      unit: 'ms',
    },
    ...found.map(({ server, bytes }) => ({
      what: `${server.name}: store, of each of ${server.kept} followed jobs`,
      measured: bytes,
      most: 3_072,
      unit: 'B',
      digits: 0,
    })),
  ],
});
