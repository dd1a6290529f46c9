import { createWhisul, fixedSchedule, type WhisulOptions } from '@whisul-rx/core';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transports } from './transports.js';
import { rejection, watch } from './watch.js';

let url = '';
let requests = 0;
let close: () => void = () => undefined;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'whisul-tls-'));
  const [keyFile, certFile] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
  if (keyFile === undefined || certFile === undefined) throw new Error('There are no files.');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...name, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
  const server = createServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (_request, response) => {
    requests += 1;
    response.end('{}');
  });
  rmSync(folder, { recursive: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  url = `https://localhost:${address.port}/api`;
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterAll(() => close());

const eager: WhisulOptions = {
  apiKey: 'sk-0123456789',
  schedule: fixedSchedule(5),
  retry: { baseDelay: 5, maxDelay: 10, maxFailures: 4 },
};

describe.each(transports)('G2: a certificate that is not trusted, over %s', (_, transport) => {
  it('ends a submit at once: nothing was accepted, and what to do is in the message', async () => {
    const whisul = createWhisul({ ...eager, ...transport, baseUrl: url });
    const events = watch(whisul.events$);
    const error = await rejection(whisul.submit('a song'));
    expect(error).toMatchObject({ code: 'network', prompt: 'a song' });
    expect(error.message).toContain('NODE_EXTRA_CA_CERTS');
    expect(error.message).toContain('Nothing was accepted or charged.');
    expect(events.values.filter(({ type }) => type === 'request')).toHaveLength(1);
  });

  it('ends a followed job at once', async () => {
    const whisul = createWhisul({ ...eager, ...transport, baseUrl: url });
    const events = watch(whisul.events$);
    const job = watch(whisul.job$('a'));
    await job.ended;
    expect(job.error).toMatchObject({ code: 'network', jobId: 'a' });
    expect(events.values.filter(({ type }) => type === 'request')).toHaveLength(1);
    expect(requests).toBe(0);
  });
});
