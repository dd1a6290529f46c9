import { createWhisul, fixedSchedule, type Transport, type WhisulOptions } from '@whisul-rx/core';
import * as fc from 'fast-check';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { completedBody, runningBody } from './answers.js';
import { hostileServer, json } from './hostile-server.js';
import { transports } from './transports.js';
import { watch } from './watch.js';

const eager: WhisulOptions = { schedule: fixedSchedule(1), retry: { baseDelay: 1, maxDelay: 2, maxFailures: 3 } };

/** Everything that a log might make of a value. */
function renderings(value: unknown): string {
  const shown = [inspect(value, { showHidden: true, depth: 10, getters: true }), JSON.stringify(value), String(value)];
  for (let link = value, depth = 0; link instanceof Error && depth < 10; depth += 1, link = link.cause) {
    shown.push(
      link.name,
      link.message,
      link.stack ?? '',
      inspect(link, { showHidden: true, depth: 10 }),
      ...Object.values(link).map(String),
    );
  }
  return shown.join('\n');
}

/** Uses a client in every way, and gives all that can be seen of it. */
async function everythingSeen(options: WhisulOptions): Promise<string> {
  const whisul = createWhisul({ ...eager, ...options });
  const seen: unknown[] = [whisul];
  const events = watch(whisul.events$);
  const job$ = whisul.job$('a');
  const song$ = whisul.generate$('a song');
  const streams = [watch(job$), watch(song$), watch(whisul.job$('b'))];
  seen.push(
    inspect(whisul, { showHidden: true, depth: 10 }),
    inspect(job$, { showHidden: true, depth: 10 }),
    inspect(song$, { showHidden: true, depth: 10 }),
  );
  await Promise.all(streams.map(({ ended }) => ended));
  const promises = await Promise.allSettled([whisul.submit('a song'), whisul.getJob('a')]);
  for (const promise of promises) seen.push(promise.status === 'fulfilled' ? promise.value : promise.reason);
  for (const { values, errors } of streams) seen.push(...values, ...errors);
  seen.push(...events.values, whisul, whisul.events$, job$, song$);
  return seen.map(renderings).join('\n');
}

const key = 'sk-live-0123456789abcdef';
const anyKey = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 12,
  maxLength: 40,
});

describe('J14: the key appears nowhere', () => {
  describe.each(transports)('over %s', (_, transport) => {
    it.each([200, 202, 307, 400, 401, 404, 408, 429, 500, 503])(
      'when a %i repeats it wherever it can',
      async (status) => {
        const server = await hostileServer((response, { headers, method }) => {
          const echo = headers.authorization ?? '';
          const said = {
            error: echo,
            message: `Bad key ${echo}`,
            [key]: echo,
            job_id: method === 'POST' ? key : undefined,
            poll_url: `/jobs/${key}`,
            extra: [{ deep: echo }],
          };
          const body = status === 200 ? { ...completedBody, ...said, error: null, prompt: echo } : said;
          json(response, status, body, {
            'x-request-id': echo,
            location: `http://127.0.0.1:1/${key}`,
            'retry-after': '0',
            'x-echo': echo,
          });
        });
        expect(await everythingSeen({ ...transport, apiKey: key, baseUrl: server.url })).not.toContain(key);
      },
    );

    it('when the body is no JSON', async () => {
      const server = await hostileServer(
        (response, { headers }) => void response.writeHead(200).end(`<p>${headers.authorization ?? ''}</p>`),
      );
      expect(await everythingSeen({ ...transport, apiKey: key, baseUrl: server.url })).not.toContain(key);
    });

    it('when the status is one that nobody knows', async () => {
      const server = await hostileServer((response, { headers }) =>
        json(response, 200, { ...runningBody, status: headers.authorization, started_at: headers.authorization }),
      );
      expect(await everythingSeen({ ...transport, apiKey: key, baseUrl: server.url, jobTimeout: 300 })).not.toContain(
        key,
      );
    });

    it('when the connection breaks', async () => {
      const server = await hostileServer((response) => void response.socket?.resetAndDestroy());
      expect(await everythingSeen({ ...transport, apiKey: key, baseUrl: server.url })).not.toContain(key);
    });
  });

  it('when the errors of a transport hold the live request', async () => {
    const transport: Transport = async (request) => {
      const cause = Object.assign(new Error(`socket hang up (authorization: Bearer ${key})`), {
        code: 'ECONNRESET',
        request,
        options: { headers: request.headers },
      });
      throw Object.assign(new TypeError(`fetch failed: ${JSON.stringify(request)}`, { cause }), {
        request,
        config: request,
        [key]: key,
      });
    };
    expect(await everythingSeen({ transport, apiKey: key })).not.toContain(key);
  });

  it('when an answer writes it in JSON escapes', async () => {
    const escaped = Array.from(key)
      .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
    const body = JSON.stringify({ ...completedBody, prompt: 'KEY', note: ['KEY'] }).replaceAll('KEY', escaped);
    const transport: Transport = async () => ({ status: 200, headers: new Headers(), text: async () => body });
    expect(await everythingSeen({ transport, apiKey: key })).not.toContain(key);
  });

  const odd: readonly ((key: string) => unknown)[] = [
    (secret) => secret,
    (secret) => ({ secret }),
    (secret) => [secret],
    (secret) => new Error(secret, { cause: secret }),
    (secret) => new Error('x', { cause: { message: secret } }),
    (secret) => new AggregateError([new Error(secret)], secret),
    (secret) => Object.assign(new Error('x'), { name: secret, code: secret, syscall: secret }),
    (secret) => Object.assign(new Error('x'), { message: { toString: () => secret } }),
    (secret) => Object.assign(new Error('x'), { stack: [secret] }),
    (secret) => new DOMException(secret, secret),
    (secret) => Object.create(null, { secret: { value: secret } }),
    () => Object.assign(new Error('x'), { message: undefined, stack: undefined, name: undefined }),
    () => Symbol('odd'),
    () => null,
    () => undefined,
    () => 0n,
    (secret) =>
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error(secret);
        },
      }),
    (secret) =>
      Object.defineProperty(new Error('x'), 'cause', {
        get: () => {
          throw new Error(secret);
        },
      }),
    () => {
      const error = new Error('loop');
      error.cause = error;
      return error;
    },
  ];
  it.each(odd)('when a transport rejects with or throws the odd %s; and every stream ends', async (make) => {
    await fc.assert(
      fc.asyncProperty(anyKey, fc.boolean(), async (secret, sync) => {
        const transport: Transport = sync
          ? () => {
              throw make(secret);
            }
          : () => Promise.reject(make(secret));
        expect(
          await everythingSeen({ transport, apiKey: secret, retry: { baseDelay: 1, maxDelay: 2, maxFailures: 1 } }),
        ).not.toContain(secret);
      }),
      { numRuns: 4 },
    );
  });

  it('for any key in any string of an answer', async () => {
    await fc.assert(
      fc.asyncProperty(anyKey, fc.string(), fc.constantFrom(200, 202, 400, 429), async (secret, around, status) => {
        const echo = around + secret + around;
        const body = {
          ...completedBody,
          prompt: echo,
          message: echo,
          job_id: 'a',
          [echo]: [echo, { [echo]: echo }],
          finished_at: echo,
          poll_url: echo,
        };
        const transport: Transport = async () => ({
          status,
          headers: new Headers(),
          text: async () => JSON.stringify(body),
        });
        expect(
          await everythingSeen({ transport, apiKey: secret, retry: { baseDelay: 1, maxDelay: 2, maxFailures: 1 } }),
        ).not.toContain(secret);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['percent-encoded', encodeURIComponent],
    ['as in JSON', (secret: string) => JSON.stringify(secret).slice(1, -1)],
  ])('a key that is repeated %s, also where the answer cannot be read', async (_, encode) => {
    const secret = 'ab/cd+ef==12"34\\5';
    const echo = encode(secret);
    for (const text of [`no ${echo}`, JSON.stringify({ message: `no ${encodeURIComponent(secret)}` })]) {
      for (const status of [200, 404, 429]) {
        const transport: Transport = async () => ({ status, headers: new Headers(), text: async () => text });
        const seen = await everythingSeen({ transport, apiKey: secret });
        expect(seen).not.toContain(echo);
        expect(seen).not.toContain(encodeURIComponent(secret));
      }
    }
  });

  it('an answer that merely holds the same letters as a short key is not touched', async () => {
    for (const apiKey of ['test', 'key', 'a', '8', 'running']) {
      const body = { ...completedBody, prompt: 'a test song in the key of a', note: 'running 8' };
      const whisul = createWhisul({
        apiKey,
        transport: async () => ({ status: 200, headers: new Headers(), text: async () => JSON.stringify(body) }),
      });
      await expect(whisul.getJob('a')).resolves.toMatchObject({
        prompt: body.prompt,
        note: body.note,
        result: body.result,
      });
    }
  });

  it('nothing is written to the console', async () => {
    const methods = (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((name) =>
      vi.spyOn(console, name).mockReturnValue(),
    );
    await everythingSeen({
      apiKey: key,
      transport: async () => {
        throw new Error('down');
      },
    });
    for (const method of methods) expect(method).not.toHaveBeenCalled();
  });
});
