import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import type { JobState } from '@whisul-rx/core';
import { createSseSource } from '@whisul-rx/sse/client';
import { randomUUID } from 'node:crypto';
import type { Observable } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { PlainEventSource } from './plain-event-source.js';
import { testRedis } from './redis.js';
import { eventually, type Member, startMember } from './start-member.js';
import { startSwitchingProxy, type SwitchingProxy } from './switching-proxy.js';

const redis = testRedis();
const duration = 600_000;
/** Ms from an answer to the next poll of its job. */
const gap = 300;

interface Site {
  readonly emulator: Emulator;
  /** Two web servers of two processes, which make no requests to the API themselves. */
  readonly web: readonly [WebServer, WebServer];
  /** Polls wait for it, from now on. */
  holdPolls(): void;
  releasePolls(): void;
  finishJobs(): void;
}
interface WebServer {
  readonly member: Member;
  readonly port: number;
}

/** Two web servers and a worker, a process each, on one Redis. */
async function openSite(): Promise<Site> {
  let late = 0;
  let release: () => void = () => undefined;
  let released = Promise.resolve();
  const emulator = createEmulator({ jobDuration: duration, now: () => Date.now() + late });
  const api = await listen({
    ...emulator,
    async fetch(input, init) {
      if (input instanceof Request && input.method === 'GET') await released;
      return emulator.fetch(input, init);
    },
  });
  onTestFinished(async () => {
    release();
    emulator.close();
    await api.close();
  });
  const joined = { connection: redis.url, account: randomUUID(), baseUrl: api.url, gap };
  const [, ...web] = await Promise.all([
    startMember(onTestFinished, joined),
    startWebServer({ ...joined, worker: false }),
    startWebServer({ ...joined, worker: false }),
  ]);
  return {
    emulator,
    web,
    holdPolls() {
      released = new Promise((resolve) => (release = resolve));
    },
    releasePolls: () => release(),
    finishJobs: () => (late += duration),
  };
}

async function startWebServer(options: Readonly<Record<string, unknown>>): Promise<WebServer> {
  const member = await startMember(onTestFinished, options);
  member.order({ do: 'serve' });
  const ports = () => member.messages.flatMap((message) => (message.type === 'next' ? [Number(message.value)] : []));
  await eventually('it serves', () => ports().length > 0);
  return { member, port: ports()[0] ?? 0 };
}

/** A browser's page, at a server or behind a proxy. */
function openPage(origin: string) {
  const source = createSseSource({ url: `${origin}/jobs`, retry: { baseDelay: 10, maxDelay: 50, maxFailures: 1_000 } });
  onTestFinished(() => {
    source.close();
  });
  return source;
}

/** What a stream has told so far. */
function statusesOf(states$: Observable<JobState>): string[] {
  const seen: string[] = [];
  states$.subscribe({
    next: ({ status }) => seen.push(status),
    error: (error: unknown) => seen.push(String(error)),
    complete: () => seen.push('end'),
  });
  return seen;
}

const each = (watched: readonly (readonly string[])[], count: number) => () =>
  watched.every(({ length }) => length >= count);

const originOf = ({ port }: WebServer): string => `http://127.0.0.1:${port}`;

/** The last place that a connection through a proxy went to. */
const placeOf = ({ taken }: SwitchingProxy): number | undefined => taken.at(-1);

it('A1, A2: browsers at two servers see every transition once, also one that is moved between them by its reconnects', async () => {
  const { emulator, web, ...site } = await openSite();
  const [a, b] = web;
  const balancer = await startSwitchingProxy(onTestFinished, a.port);
  const moved = openPage(balancer.origin);
  const prompts = Array.from({ length: 8 }, (_, index) => `song number ${index}`);
  emulator.script({ method: 'POST', prompt: 'song number 3', type: 'fail' });
  site.holdPolls();
  const bought = prompts.map((prompt) => statusesOf(moved.generate$(prompt)));
  await eventually('all are submitted', each(bought, 1));
  const ids = [...emulator.jobs.keys()];
  const pages = web.map((server) => openPage(originOf(server)));
  const watched = pages.flatMap((page) => ids.map((id) => statusesOf(page.job$(id))));
  await eventually('both servers know of the submits', each(watched, 1));
  const plainBalancer = await startSwitchingProxy(onTestFinished, b.port);
  const query = ids.map((id) => `job=${id}`).join('&');
  const plain = new PlainEventSource(`${plainBalancer.origin}/jobs?${query}`);
  onTestFinished(() => {
    plain.close();
  });
  const plainSees = (connection: number) => () => plain.connections[connection]?.length === ids.length;
  await eventually('the plain reader sees all', plainSees(0));

  // The jobs begin to run while nothing reaches either reader; then each goes on at the other server.
  balancer.cut();
  plainBalancer.cut();
  site.releasePolls();
  await eventually('all are running', each(watched, 2));
  balancer.moveTo(b.port);
  plainBalancer.moveTo(a.port);
  await eventually('the moved browser sees it', each(bought, 2));
  await eventually('the moved reader sees it', plainSees(1));
  expect([placeOf(balancer), placeOf(plainBalancer)]).toEqual([b.port, a.port]);
  const pollsOf = (id: string) =>
    emulator.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(id)).map(({ at }) => at);
  await eventually('each is polled again', () => ids.every((id) => pollsOf(id).length > 3));

  // They end in the same way, and the reader's last connection, which says that it saw the end, goes to the other server.
  balancer.cut();
  site.finishJobs();
  await eventually('all have ended', each(watched, 4));
  plainBalancer.moveTo(b.port);
  balancer.moveTo(a.port);
  await eventually('the moved browser sees it', each(bought, 4));
  expect(placeOf(balancer)).toBe(a.port);
  await eventually('the moved reader stops for good', () => plain.isStopped);
  expect(placeOf(plainBalancer)).toBe(b.port);

  const outcomes = new Map([...emulator.jobs.values()].map(({ job_id, outcome }) => [job_id, outcome]));
  const wanted = ids.map((id) => ['submitted', 'running', outcomes.get(id), 'end']);
  expect(new Set(outcomes.values())).toEqual(new Set(['completed', 'failed']));
  expect(watched).toEqual([...wanted, ...wanted]);
  expect(bought.map((seen) => seen.join(' ')).sort()).toEqual(wanted.map((seen) => seen.join(' ')).sort());
  // A connection begins with what is, and repeats nothing.
  const [before = [], after = []] = plain.connections;
  expect([...before].sort()).toEqual(ids.map((id) => `${id}:submitted`).sort());
  const runningThenEnded = [...ids.map((id) => `${id}:running`), ...ids.map((id) => `${id}:${outcomes.get(id)}`)];
  expect([...after].sort()).toEqual([...runningThenEnded, 'end'].sort());
  expect(plain.connections).toHaveLength(2);

  // One loop for each job: it waits from the answer on, so that a slow machine makes its gaps longer and never shorter.
  const gaps = ids.map(pollsOf).flatMap((times) => times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(gap - 5);
  expect(emulator.requests.filter(({ method }) => method === 'POST')).toHaveLength(prompts.length);
}, 120_000);

it('A4: a server that is killed costs its browsers a reconnect, and the others nothing', async () => {
  const { emulator, web, ...site } = await openSite();
  const [a, b] = web;
  const balancer = await startSwitchingProxy(onTestFinished, a.port);
  const moved = openPage(balancer.origin);
  const bought = statusesOf(moved.generate$('a song'));
  await eventually('it runs', each([bought], 2));
  const [id = ''] = emulator.jobs.keys();
  const other = statusesOf(openPage(originOf(b)).job$(id));
  await eventually('the other one sees it', each([other], 1));
  await a.member.kill();
  site.finishJobs();
  await eventually('the other one sees the end', each([other], 3));
  balancer.moveTo(b.port);
  await eventually('the moved browser sees the end', each([bought], 4));
  expect(bought).toEqual(['submitted', 'running', 'completed', 'end']);
  expect(other).toEqual(['running', 'completed', 'end']);
  expect(emulator.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
}, 120_000);
