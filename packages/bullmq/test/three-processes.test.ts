import { randomUUID } from 'node:crypto';
import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { createWhisul } from '@whisul-rx/core';
import { expect, it, onTestFinished } from 'vitest';
import { testRedis } from './redis.js';
import { eventually, type Member, startMember } from './start-member.js';

const redis = testRedis();
const duration = 600_000;

interface Processes {
  readonly emulator: Emulator;
  readonly ids: readonly string[];
  readonly members: readonly Member[];
  finishJobs(): void;
}

/** Several processes that follow the same jobs. */
async function follow(jobs: number, count: number, options: Readonly<Record<string, unknown>>): Promise<Processes> {
  let late = 0;
  const emulator = createEmulator({ jobDuration: duration, now: () => Date.now() + late });
  const server = await listen(emulator);
  onTestFinished(async () => {
    emulator.close();
    await server.close();
  });
  const whisul = createWhisul({ apiKey: 'any', baseUrl: 'http://emulator.local/api', fetch: emulator.fetch });
  const posted = Array.from({ length: jobs }, (_, index) => whisul.submit(`song number ${index}`));
  const ids = (await Promise.all(posted)).map(({ job_id }) => job_id);
  whisul.close();
  const joined = { connection: redis.url, account: randomUUID(), baseUrl: server.url, ...options };
  const members = await Promise.all(Array.from({ length: count }, () => startMember(onTestFinished, joined)));
  for (const member of members) member.order({ do: 'follow', ids });
  return { emulator, ids, members, finishJobs: () => (late += duration) };
}

/** When the polls of each path arrived. */
function arrivals({ requests }: Emulator): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { method, path, at } of requests) {
    if (method !== 'GET') continue;
    const known = times.get(path);
    if (known) known.push(at);
    else times.set(path, [at]);
  }
  return times;
}

it('J4: 1,000 jobs that three processes follow have one polling loop each, and no process misses a transition', async () => {
  const gap = 3_000;
  const { emulator, ids, members, finishJobs } = await follow(1_000, 3, { gap });
  // The cheap question first: it is asked often, of the process that also answers the polls.
  const told = (each: number) => members.every(({ messages }) => messages.length > each * ids.length);
  const ended = ({ messages }: Member) => messages.filter(({ type }) => type === 'complete').length === ids.length;
  await eventually('all are running', () => told(1), 60_000);
  finishJobs();
  await eventually('all are completed', () => told(3) && members.every(ended), 60_000);
  // What says `running` and what says `completed` are two polls: a second loop, in whichever process, would come between.
  const polled = arrivals(emulator);
  expect(polled.size).toBe(ids.length);
  // A loop waits from the answer on, so that a slow machine makes its gaps longer and never shorter.
  const gaps = [...polled.values()].flatMap((times) => times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  expect(gaps.length).toBeGreaterThanOrEqual(ids.length);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(gap - 5);
  for (const { messages } of members) {
    const seen = new Map(ids.map((id) => [id, '']));
    for (const message of messages) {
      if (message.type === 'next') seen.set(message.topic, `${seen.get(message.topic) ?? ''} ${message.value.status}`);
    }
    expect(new Set(seen.values())).toEqual(new Set([' running completed']));
    expect(messages.filter(({ type }) => type === 'error')).toEqual([]);
  }
}, 180_000);

it('J10: two processes that poll share one budget in every second', async () => {
  const requestsPerSecond = 20;
  const { emulator } = await follow(40, 2, { gap: 20, requestsPerSecond });
  const polls = () => [...arrivals(emulator).values()].flat().sort((a, b) => a - b);
  await eventually('100 polls', () => polls().length >= 100, 60_000);
  const times = polls().slice(0, 100);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual((98 * 1_000) / requestsPerSecond);
  const inSecond = times
    .map((from) => times.filter((at) => at >= from && at < from + 1_000).length)
    .sort((a, b) => a - b);
  // Where the machine stands still for a moment, some arrive together: for a quarter of a second, in a tenth of the run.
  // Two budgets would fill every second twice, and one that is not kept for a while would fill that while.
  expect(inSecond[50]).toBeLessThanOrEqual(requestsPerSecond + 1);
  expect(inSecond[90]).toBeLessThanOrEqual(requestsPerSecond * 1.25);
}, 120_000);
