import { createBullmqEngine } from '@whisul-rx/bullmq';
import { createWhisul } from '@whisul-rx/core';
import { freePort } from '@whisul-rx/test-support/free-port';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { backends } from './backends.js';
import { disguisedServer } from './disguised-server.js';
import { errorOf } from './error-of.js';
import { localCluster } from './local-cluster.js';
import { testServer } from './test-server.js';

/** How each kind of server is made to be one that no cluster should run on. */
const weaknesses = {
  Redis: {
    careless: ['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru'],
    risk: /appendonly.*noeviction/,
    locked: ['--requirepass', 'secret'],
    wrong: { password: 'no', username: '' },
    version: (first: string) => (said: string) => said.replace(/redis_version:\d/, `redis_version:${first}`),
    tooOld: '4',
    old: '5',
  },
  Postgres: {
    careless: ['synchronous_commit=off'],
    risk: /fsync and synchronous_commit is off/,
    locked: [],
    wrong: { password: 'no', username: 'postgres' },
    // In what the server says of itself, such as 180004.
    version: (first: string) => (said: string) => said.replace(/(?<!\d)1[4-9](?=\d{4}(?!\d))/, first),
    tooOld: '12',
    old: '13',
  },
} as const;

describe.each(backends)('$name', ({ name, start }) => {
  const { careless, risk, locked, wrong, version, tooOld, old } = weaknesses[name];
  const server = testServer(() => start(...careless));

  it('a server that cannot be reached is an `engine` error that says so', async () => {
    const away = new URL(server.url);
    away.port = String(await freePort());
    const cluster = localCluster(away.href);
    const engine = cluster.engine();
    for (const stream$ of [engine.job$('abc'), engine.generate$('a song')]) {
      const { code, message } = await errorOf(stream$);
      expect([code, message]).toEqual(['engine', expect.stringMatching(/cannot be reached.*ECONNREFUSED/)]);
    }
    expect(cluster.posts()).toBe(0);
  });

  it('a server that refuses the password is an `engine` error that says so', async () => {
    const own = locked.length > 0 ? await start(...locked) : undefined;
    onTestFinished(() => own?.remove());
    const unlocked = Object.assign(new URL(own?.url ?? server.url), wrong);
    const { code, message } = await errorOf(localCluster(unlocked.href).engine().generate$('a song'));
    expect([code, message]).toEqual(['engine', expect.stringMatching(/refused the user or the password/)]);
  });

  it('a server that is too old is an `engine` error that says so; an old one is used', async () => {
    const printed = vi.spyOn(console, 'warn');
    const tooOldUrl = await disguisedServer(onTestFinished, server.url, version(tooOld));
    const cluster = localCluster(tooOldUrl);
    for (const engine of [cluster.engine(), cluster.engine({ worker: false })]) {
      const { code, message } = await errorOf(engine.generate$('a song'));
      expect([code, message]).toEqual(['engine', expect.stringMatching(/too old for BullMQ/)]);
    }
    expect(cluster.posts()).toBe(0);
    const oldUrl = await disguisedServer(onTestFinished, server.url, version(old));
    expect((await firstValueFrom(localCluster(oldUrl).engine().generate$('a song'))).status).toBe('submitted');
    // A library prints nothing.
    expect(printed.mock.calls).toEqual([]);
  });

  it('a server that may lose records is warned about, and refused when that is asked for', async () => {
    const printed = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error'), vi.spyOn(console, 'log')];
    const cluster = localCluster(server.url);
    const strict = await errorOf(cluster.engine({ requireDurable: true }).generate$('a song'));
    expect([strict.code, strict.message]).toEqual(['engine', expect.stringMatching(risk)]);
    expect(cluster.posts()).toBe(0);
    const engine = cluster.engine();
    const warnings: string[] = [];
    engine.events$.subscribe((event) => {
      if (event.type === 'warning') warnings.push(event.message);
    });
    await firstValueFrom(engine.generate$('a song'));
    expect(warnings).toEqual([expect.stringMatching(risk)]);
    // BullMQ would print the policy of Redis once for each connection.
    expect(printed.flatMap(({ mock }) => mock.calls)).toEqual([]);
  });
});

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
