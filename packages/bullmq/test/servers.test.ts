import { createWhisul, isWhisulError, type WhisulError } from '@whisul-rx/core';
import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createEmulator } from '@whisul-rx/emulator';
import { listen } from '@whisul-rx/emulator/node';
import { freePort } from '@whisul-rx/test-support/free-port';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { catchError, firstValueFrom, lastValueFrom, type Observable, of } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { localCluster } from './local-cluster.js';
import { startRedis, type RedisServer } from './redis.js';
import { eventually, startMember, statusesOf } from './start-member.js';

async function redis(...settings: string[]): Promise<RedisServer> {
  const server = await startRedis(...settings);
  onTestFinished(() => server.remove());
  return server;
}

/** The error that a stream ends with. */
async function errorOf(stream$: Observable<unknown>): Promise<WhisulError> {
  const end = await lastValueFrom(stream$.pipe(catchError((error: unknown) => of(error))));
  if (!isWhisulError(end)) throw new Error(`This is no error: ${JSON.stringify(end)}`);
  return end;
}

it('a server that cannot be reached is an `engine` error that says so', async () => {
  const cluster = localCluster(`redis://127.0.0.1:${await freePort()}`);
  const engine = cluster.engine();
  for (const stream$ of [engine.job$('abc'), engine.generate$('a song')]) {
    const { code, message } = await errorOf(stream$);
    expect([code, message]).toEqual(['engine', expect.stringMatching(/cannot be reached.*ECONNREFUSED/)]);
  }
  expect(cluster.posts()).toBe(0);
});

it('a worker waits for a server that is not there yet', async () => {
  const server = await redis();
  await server.kill();
  const cluster = localCluster(server.url);
  const engine = cluster.engine();
  expect((await errorOf(engine.job$('abc'))).code).toBe('engine');
  await server.start();
  const [id = ''] = await cluster.startJobs(1);
  expect((await firstValueFrom(engine.job$(id))).status).toBe('running');
}, 60_000);

it('a read-only server is an `engine` error that says so', async () => {
  const primary = await redis();
  const replica = await redis('--replicaof', '127.0.0.1', new URL(primary.url).port);
  const { code, message } = await errorOf(localCluster(replica.url).engine().generate$('a song'));
  expect([code, message]).toEqual(['engine', expect.stringMatching(/read-only replica.*READONLY/)]);
});

it('a server that may lose records is warned about, and refused when that is asked for', async () => {
  const printed = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error'), vi.spyOn(console, 'log')];
  const server = await redis('--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru');
  const cluster = localCluster(server.url);
  const strict = await errorOf(cluster.engine({ requireDurable: true }).generate$('a song'));
  expect([strict.code, strict.message]).toEqual(['engine', expect.stringMatching(/appendonly.*noeviction/)]);
  expect(cluster.posts()).toBe(0);
  const engine = cluster.engine();
  const warnings: string[] = [];
  engine.events$.subscribe((event) => {
    if (event.type === 'warning') warnings.push(event.message);
  });
  await firstValueFrom(engine.generate$('a song'));
  expect(warnings).toEqual([expect.stringMatching(/appendonly.*noeviction/)]);
  // A library prints nothing; BullMQ would print the policy once for each connection.
  expect(printed.flatMap(({ mock }) => mock.calls)).toEqual([]);
});

it(
  'a Redis that is killed and restarted in the middle costs time, and nothing else',
  { timeout: 300_000 },
  async () => {
    const server = await redis('--appendfsync', 'always');
    const cluster = localCluster(server.url);
    const engines = [cluster.engine(), cluster.engine({ worker: false })];
    const statuses: string[][] = [];
    const follow = (stream$: Observable<{ status: string }>): void => {
      const seen: string[] = [];
      statuses.push(seen);
      stream$.subscribe({
        next: ({ status }) => seen.push(status),
        error: (error: unknown) => seen.push(String(error)),
      });
    };
    const ids = await cluster.startJobs(20);
    const before = cluster.posts();
    for (const engine of engines) for (const id of ids) follow(engine.job$(id));
    await eventually('all are running', () => statuses.every((seen) => seen.includes('running')));
    await server.kill();
    for (const engine of engines) follow(engine.generate$('bought while Redis is away'));
    await server.start();
    await eventually('all are running', () => statuses.every((seen) => seen.includes('running')), 60_000).catch(
      (error: unknown) => {
        throw new Error(`The streams saw ${JSON.stringify(statuses)}.`, { cause: error });
      },
    );
    cluster.finishJobs();
    await eventually('all are completed', () => statuses.every((seen) => seen.includes('completed')), 60_000);
    expect(new Set(statuses.map((seen) => seen.join(' ')))).toEqual(
      new Set(['running completed', 'submitted running completed']),
    );
    expect(cluster.posts() - before).toBe(2);
  },
);

/** A network between a worker and its server, which can stall without a word. */
async function stallingProxy(target: string): Promise<{ url: string; stall(): void; resume(): void }> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
      if (isStalled) from.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy needs a port.');
  const each = (act: (socket: Socket) => void): void => {
    for (const socket of sockets) act(socket);
  };
  return {
    url: `redis://127.0.0.1:${address.port}`,
    stall() {
      isStalled = true;
      each((socket) => socket.pause());
    },
    resume() {
      isStalled = false;
      each((socket) => socket.resume());
    },
  };
}

it('a network that stalls for 20 s under a worker: another one takes over, nothing is paid twice', async () => {
  const server = await redis();
  const proxy = await stallingProxy(server.url);
  const cluster = localCluster(server.url);
  const web = cluster.engine({ worker: false });
  const cut = cluster.engine({ connection: proxy.url });
  const ids = await cluster.startJobs(10);
  const statuses = ids.map((id) => {
    const seen: string[] = [];
    web.job$(id).subscribe(({ status }) => seen.push(status));
    return seen;
  });
  await eventually('all are running', () => statuses.every((seen) => seen.includes('running')));
  proxy.stall();
  const until = Date.now() + 20_000;
  cluster.engine();
  const bought: string[] = [];
  web.generate$('bought meanwhile').subscribe({
    next: ({ status }) => bought.push(status),
    error: (error: unknown) => bought.push(String(error)),
  });
  await eventually('the job that was bought runs', () => bought.includes('running'), 60_000);
  await eventually('20 s are over', () => Date.now() > until, 60_000);
  proxy.resume();
  const asked = cluster.emulator.requests.length;
  await eventually('polling goes on', () => cluster.emulator.requests.length > asked + 30);
  cluster.finishJobs();
  await eventually(
    'all are completed',
    () => [...statuses, bought].every((seen) => seen.includes('completed')),
    60_000,
  );
  expect(new Set(statuses.map((seen) => seen.join(' ')))).toEqual(new Set(['running completed']));
  expect(bought).toEqual(['submitted', 'running', 'completed']);
  expect(cluster.posts()).toBe(11);
  await cut.close();
}, 150_000);

it('a worker that is killed in the middle of a poll is replaced; a process whose engine is closed ends by itself', async () => {
  const server = await redis();
  const emulator = createEmulator({ jobDuration: Infinity });
  const api = await listen(emulator);
  onTestFinished(async () => {
    emulator.close();
    await api.close();
  });
  const options = { connection: server.url, account: randomUUID() };
  const member = await startMember(onTestFinished, { ...options, baseUrl: api.url });
  member.order({ do: 'generate', prompt: 'a song' });
  await eventually('it runs', () => statusesOf(member, 'a song').includes('running'));
  const [id = ''] = emulator.jobs.keys();
  emulator.script({ method: 'GET', type: 'hang' });
  await eventually('a poll is open', () => emulator.requests.some(({ status }) => status === 'hang'));
  await member.kill();
  const asked = emulator.requests.length;
  const other = await startMember(onTestFinished, { ...options, baseUrl: api.url });
  other.order({ do: 'follow', ids: [id] });
  await eventually('the other one sees it', () => statusesOf(other, id).includes('running'));
  await eventually('it is polled again', () => emulator.requests.length > asked);
  other.order({ do: 'close' });
  expect(await other.ended()).toBe(0);
}, 60_000);

it('refuses bad options', () => {
  const whisul = createWhisul({ apiKey: 'any' });
  const connection = 'redis://localhost';
  const create: (options: never) => unknown = createBullmqEngine;
  for (const [options, name] of [
    [{ connection }, 'whisul'],
    [{ whisul }, 'connection'],
    [{ whisul, connection: 'http://localhost' }, 'connection'],
    [{ whisul, connection: { postgres: 7 } }, 'connection.postgres'],
    [{ whisul, connection, account: '' }, 'account'],
    [{ whisul, connection, requestsPerSecond: 0 }, 'requestsPerSecond'],
    [{ whisul, connection, keepFinished: 'long' }, 'keepFinished'],
    [{ whisul, connection, jobTimeout: 0 }, 'jobTimeout'],
    [{ whisul, connection, schedule: 7 }, 'schedule'],
  ] as const) {
    const untyped: unknown = options;
    expect(() => Reflect.apply(create, undefined, [untyped])).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(`\`${name}\``) }),
    );
  }
});
