import { createWhisul, fixedSchedule, isTerminal } from '@whisul-rx/core';
import { createSseSource } from '@whisul-rx/sse/client';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { startApi } from './api.js';
import { startCli } from './run-cli.js';

/** Starts a server and waits for its URL. */
async function startServer(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const run = startCli([...args, '--port', '0', '--json'], { env });
  await run.shows(/"listening".*\n/);
  const [line = ''] = run.output().split('\n');
  const { url }: { url: string } = JSON.parse(line);
  const stop = () => {
    run.child.kill('SIGINT');
    return run.ended;
  };
  return { ...run, url, stop };
}

describe.concurrent('emulate', () => {
  it('is an API that clients can use, until Ctrl-C', async () => {
    const server = await startServer(['emulate', '--duration', '1', '--failure-rate', '1', '--seed', '7']);
    const whisul = createWhisul({ apiKey: 'any', baseUrl: server.url, schedule: fixedSchedule(20) });
    expect(await lastValueFrom(whisul.generate$('rain'))).toMatchObject({ status: 'failed' });
    whisul.close();
    expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it('says which variables to export', async () => {
    const run = startCli(['emulate', '--port', '0']);
    await run.shows(/export WHISUL_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/api WHISUL_API_KEY=\w+\n/);
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(0);
  });

  it('says that a port is taken', async () => {
    const { url } = await startApi();
    const run = startCli(['emulate', '--port', new URL(url).port]);
    expect(await run.ended).toMatchObject({ code: 31, stderr: expect.stringMatching(/Another program listens there/) });
  });
});

describe.concurrent('serve', () => {
  it('lets those in who send the token, and logs each request without it', async () => {
    const { env, emulator } = await startApi({ jobDuration: 1 });
    const server = await startServer(['serve', '--generate', '--token', 'open-sesame'], env);
    const source = createSseSource({ url: server.url, headers: { authorization: 'Bearer open-sesame' } });
    const job = await lastValueFrom(source.generate$('rain'));
    expect(isTerminal(job) && job.status).toBe('completed');
    source.close();
    for (const authorization of ['Bearer wrong', 'open-sesame', '']) {
      const refused = await fetch(`${server.url}/${job.job_id}`, { headers: { authorization } });
      expect(refused.status).toBe(403);
    }
    const { code, stdout, stderr } = await server.stop();
    expect(code).toBe(0);
    const requests = stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line));
    expect(requests).toContainEqual(expect.objectContaining({ type: 'request', method: 'GET', status: 403 }));
    expect(requests).toContainEqual(expect.objectContaining({ method: 'POST', url: '/jobs' }));
    expect(stdout + stderr).not.toMatch(/sesame|a-secret-key/);
    expect(emulator.jobs.size).toBe(1);
  });

  it.each([
    [['--public'], 'Everybody who can reach it may read any job.'],
    [['--token', 'x'], 'Those who send the token may read any job.'],
    [['--public', '--generate'], 'may read any job and start songs, which your key pays for.'],
    [['--public', '--generate', '--emulate'], 'start songs, which are emulated: nothing is charged.'],
  ])('with %j says who may do what', async (args, words) => {
    const run = startCli(['serve', '--port', '0', ...args], { env: { WHISUL_API_KEY: 'a-secret-key' } });
    await run.shows(/Ctrl-C ends it/);
    run.child.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 0, stdout: expect.stringContaining(words) });
  });

  it('starts no songs unless it is told to', async () => {
    const { env, emulator } = await startApi();
    const server = await startServer(['serve', '--public'], env);
    const answer = await fetch(server.url, {
      method: 'POST',
      body: '{"prompt":"rain"}',
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, emulator.jobs.size]).toEqual([405, 0]);
    await server.stop();
  });
});
