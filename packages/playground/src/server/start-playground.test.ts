import { request as httpRequest } from 'node:http';
import { createEmulator } from '@whisul-rx/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emulatedWhisul } from './emulated-whisul.js';
import { createJobOwners } from './job-owners.js';
import { type Playground, startPlayground } from './start-playground.js';

const site = new Map([['/', { type: 'text/html', bytes: new TextEncoder().encode('<!doctype html>') }]]);
let playground: Playground;
beforeEach(async () => {
  const backend = emulatedWhisul(createEmulator({ jobDuration: Infinity }), 50);
  playground = await startPlayground({ port: 0, site, backend, owners: await createJobOwners() });
});
afterEach(() => playground.close());

/** A new visitor: the cookie that comes with the page. */
async function visit(): Promise<string> {
  const response = await fetch(playground.url);
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
function order(headers: Record<string, string>): Promise<Response> {
  return fetch(`${playground.url}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ prompt: 'a song' }),
  });
}
/** The status of a request that names another host, as a page of another site would. */
function statusFor(host: string): Promise<{ status: number | undefined; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(playground.url, { headers: { host } }, ({ statusCode, headers }) =>
      resolve({ status: statusCode, location: headers.location }),
    );
    asked.on('error', reject).end();
  });
}

describe('a session', () => {
  it('sees the jobs that it has ordered, and no other session does', async () => {
    const [mine, theirs] = [await visit(), await visit()];
    const response = await order({ cookie: mine });
    expect(response.status).toBe(202);
    const { job_id } = await response.json();
    const look = async (cookie: string): Promise<number> =>
      (await fetch(`${playground.url}/jobs/${job_id}`, { headers: { cookie } })).status;
    expect([await look(mine), await look(theirs), await look('')]).toEqual([200, 403, 403]);
  });

  it('is needed to order', async () => {
    expect((await order({})).status).toBe(403);
    expect((await order({ cookie: 'playground=guessed' })).status).toBe(403);
  });

  it('has a cookie that scripts and other sites cannot use', async () => {
    const cookie = (await fetch(playground.url)).headers.get('set-cookie');
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
  });
});

describe('the server', () => {
  it('answers for its own address only, and leads localhost there', async () => {
    const { port } = new URL(playground.url);
    expect(await statusFor(`evil.example:${port}`)).toMatchObject({ status: 421 });
    expect(await statusFor(`localhost:${port}`)).toEqual({ status: 302, location: `${playground.url}/` });
  });

  it('lets the page load nothing from elsewhere and run nothing inline', async () => {
    const policy = (await fetch(playground.url)).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toContain('unsafe');
  });

  it('serves the emulated API beside the page', async () => {
    const headers = { authorization: 'Bearer any', 'content-type': 'application/json' };
    const response = await fetch(`${playground.url}/api/generate`, { method: 'POST', headers, body: '{"prompt":"x"}' });
    expect(response.status).toBe(202);
    expect((await fetch(`${playground.url}/nothing`)).status).toBe(404);
  });
});
