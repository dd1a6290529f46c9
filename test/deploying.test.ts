import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import { createEmulator } from '@whisul-rx/emulator';
import { createNodeJobsHandler } from '@whisul-rx/sse/node';
import { freePort } from '@whisul-rx/test-support/free-port';
import { expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import { codeBlocks, readSource } from './run-example.js';

const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

/** The nginx of the guide, with ports, a certificate and a folder of this test. */
async function startGuideNginx(upstream: number): Promise<string> {
  const page = await readSource('docs/guides/deploying.md');
  const block = codeBlocks(page).find(({ info }) => info === 'nginx');
  const folder = await mkdtemp(join(tmpdir(), 'whisul-rx-deploying-'));
  const port = await freePort();
  const subject = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=songs.example'];
  const files = ['-keyout', join(folder, 'songs.example.key'), '-out', join(folder, 'songs.example.pem')];
  execFileSync('openssl', ['req', ...subject, ...files], { stdio: 'ignore' });
  const site = (block?.code ?? '')
    .replace('listen 443', `listen 127.0.0.1:${String(port)}`)
    .replace('127.0.0.1:8080', `127.0.0.1:${String(upstream)}`)
    .replaceAll('/etc/ssl', folder);
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
     events {}
     http { access_log off; ${temps.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
     ${site} }`,
  );
  const nginx = spawn('nginx', ['-c', config, '-e', join(folder, 'error.log')], { env, stdio: 'inherit' });
  const exited = new Promise((resolve) => nginx.once('exit', resolve));
  onTestFinished(async () => {
    nginx.kill();
    await exited;
    await rm(folder, { recursive: true });
  });
  return `https://127.0.0.1:${String(port)}`;
}

/** The first `count` data lines of a stream over TLS and HTTP/2, as they come; undefined if nobody listens yet. */
function firstEvents(url: string, path: string, count: number): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    const session = connect(url, { rejectUnauthorized: false });
    session.on('error', () => resolve(undefined));
    const stream = session.request({ ':path': path, accept: 'text/event-stream' });
    let text = '';
    stream.setEncoding('utf8').on('error', () => resolve(undefined));
    stream.on('data', (chunk: string) => {
      text += chunk;
      const events = [...text.matchAll(/"status":"(\w+)"/g)].map(([, status = '']) => status);
      if (events.length < count) return;
      resolve(events);
      session.destroy();
    });
  });
}

it('the nginx of the deploying guide brings each event at once, over TLS and HTTP/2', async () => {
  const emulator = createEmulator({ jobDuration: Infinity });
  const whisul = createWhisul({
    apiKey: 'any',
    baseUrl: 'http://emulator.local/api',
    fetch: emulator.fetch,
    schedule: fixedSchedule(50),
  });
  const { job_id } = await whisul.submit('a song that does not end');
  const jobs = createNodeJobsHandler(whisul, { authorize: 'public' });
  const server = createServer(jobs);
  onTestFinished(async () => {
    server.close();
    await jobs.close();
    whisul.close();
    emulator.close();
  });
  const url = await startGuideNginx(await listening(server));
  // The job never ends, so a proxy that buffers would show nothing.
  const events = await vi.waitUntil(() => firstEvents(url, `/jobs/${job_id}`, 2), { timeout: 15_000 });
  expect(events).toEqual(['submitted', 'running']);
}, 30_000);

async function guideBlock(language: string): Promise<string> {
  const page = await readSource('docs/guides/deploying.md');
  return codeBlocks(page).find(({ info }) => info === language)?.code ?? '';
}

it('the container of the deploying guide runs in its volume, as a user who may write there', async () => {
  const lines = (await guideBlock('dockerfile')).split('\n').filter((line) => /^[A-Z]+ /.test(line));
  const last = (instruction: string) => {
    const found = lines.filter((line) => line.startsWith(`${instruction} `)).at(-1);
    return found?.slice(instruction.length + 1) ?? '';
  };
  const volume = last('VOLUME');
  // The journal and the songs of the program are relative to the current folder.
  expect(last('WORKDIR')).toBe(volume);
  const owned = lines.findIndex((line) => line.endsWith(`chown ${last('USER')} ${volume}`));
  expect(owned).toBeGreaterThan(-1);
  // What is changed in a volume after this line is lost.
  expect(owned).toBeLessThan(lines.indexOf(`VOLUME ${volume}`));
  const command: unknown = JSON.parse(last('CMD'));
  expect(command).toEqual(['node', '/app/make-album.mjs']);
  expect(await readSource('docs/guides/batches.md')).toContain('Save this as `make-album.mjs`');
});

it('the compose file of the deploying guide keeps that volume, and waits longer than a submit may take', async () => {
  const file = await guideBlock('yaml');
  const compose: unknown = parse(file);
  expect(compose).toEqual({
    services: {
      album: {
        build: '.',
        environment: ['WHISUL_API_KEY'],
        volumes: ['album:/data'],
        stop_grace_period: '45s',
        restart: 'on-failure:3',
      },
    },
    volumes: { album: null },
  });
  expect(await guideBlock('dockerfile')).toContain('VOLUME /data\n');
});
