import { codeOfStatus, retryAfterMs, WhisulError } from '@whisul-rx/core';
import { Observable, Subscription } from 'rxjs';
import type { Gateway } from './gateway.js';
import { parseObject, problemError } from './problem-error.js';
import { readEvents, type StreamEvent } from './read-events.js';
import { StreamFailure, toFailure } from './stream-failure.js';

/** One request for a stream; one with a prompt is a POST. */
export interface StreamRequest {
  readonly url: string;
  readonly prompt?: string;
}

/** No refusal is longer (bytes); no timer holds more (ms). */
const longestBody = 65_536;
const longestTimer = 2 ** 31 - 1;

async function requestHeaders({ options }: Gateway): Promise<Headers> {
  let given: HeadersInit | undefined;
  try {
    given = await (typeof options.headers === 'function' ? options.headers() : options.headers);
  } catch (cause) {
    throw new WhisulError('unauthorized', 'The `headers` function failed; nothing was sent.', { cause });
  }
  try {
    return new Headers(given);
  } catch {
    // The platform's error quotes the header, which may be a secret.
    throw new WhisulError('invalid_request', 'What `headers` gives cannot be sent; nothing was.');
  }
}

/** Feeds the body to `take` until it ends or `take` has had enough. @returns whether it ended */
async function readBody(
  response: Response,
  signal: AbortSignal,
  take: (bytes: Uint8Array) => boolean,
): Promise<boolean> {
  if (response.body === null || !('getReader' in response.body)) {
    throw new WhisulError(
      'invalid_request',
      'This `fetch` cannot stream: its answer has no body that is a web stream.',
    );
  }
  const reader = response.body.getReader();
  const stop = (): void => {
    // A `fetch` of the caller's may not heed the signal. What a body that is given up says to that matters to nobody.
    reader.cancel().catch(() => undefined);
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return true;
    if (!take(value)) return false;
  }
}

/** What an answer means that is not a stream: a failure, or for a POST perhaps a receipt without a stream. */
async function readRefusal(
  response: Response,
  signal: AbortSignal,
  now: number,
  prompt?: string,
): Promise<StreamEvent> {
  const { status, headers } = response;
  let text = '';
  if (response.body !== null && /\bjson\b/i.test(headers.get('content-type') ?? '')) {
    const decoder = new TextDecoder();
    await readBody(response, signal, (bytes) => (text += decoder.decode(bytes, { stream: true })).length < longestBody);
  }
  const body = parseObject(text);
  const id = body['job_id'];
  if (response.ok && prompt !== undefined && typeof id === 'string' && id !== '') {
    const submitted_at = new Date(now).toISOString();
    return {
      type: 'state',
      id,
      state: { status: 'submitted', job_id: id, prompt, poll_url: `/jobs/${encodeURIComponent(id)}`, submitted_at },
    };
  }
  if (status < 400) {
    const message = `The gateway answered ${String(status)} instead of a stream of events.`;
    throw new StreamFailure(new WhisulError('invalid_response', message, { status }), false);
  }
  const retryAfter = status === 429 || status === 503 ? retryAfterMs(headers, now) : undefined;
  const again = /^(request_timeout|rate_limited|server_error)$/.test(codeOfStatus(status));
  throw new StreamFailure(
    problemError(body, { status, retryAfter, requestId: headers.get('x-request-id') ?? undefined }),
    again,
  );
}

/**
 * One request and what its stream tells; completes when the gateway ends it. Errors with a {@link StreamFailure}.
 * A connection that stays silent for too long is a failure, also before its head is in.
 * Unsubscribing aborts the request.
 */
export function openStream$(gateway: Gateway, { url, prompt }: StreamRequest): Observable<StreamEvent> {
  const { options, scheduler } = gateway;
  return new Observable((subscriber) => {
    const abort = new AbortController();
    let ended = false;
    let heard = scheduler.now();
    let patience = gateway.silence;
    let timer = Subscription.EMPTY;
    const watch = (): void => {
      timer.unsubscribe();
      const left = heard + patience - scheduler.now();
      if (left > 0) {
        // The bytes only note the time: a timer set anew for each chunk would cost more than reading it.
        timer = scheduler.schedule(watch, Math.min(left, longestTimer));
        return;
      }
      const message = `The gateway was silent for ${String(patience)} ms.`;
      subscriber.error(new StreamFailure(new WhisulError('request_timeout', message), true));
    };
    const feed = readEvents((event) => {
      if (event.type === 'heartbeat') {
        patience = 3 * event.ms;
        watch();
      }
      subscriber.next(event);
    });
    const take = (bytes: Uint8Array): boolean => {
      heard = scheduler.now();
      if (feed(bytes)) return !subscriber.closed;
      const message = 'The gateway sent an event that is too long to be held.';
      throw new StreamFailure(new WhisulError('invalid_response', message), true);
    };
    const run = async (): Promise<void> => {
      const headers = await requestHeaders(gateway);
      headers.set('accept', 'text/event-stream');
      if (prompt !== undefined) headers.set('content-type', 'application/json');
      if (subscriber.closed) return;
      // Looked up late, and never called as a method: a browser's own fetch refuses that.
      const send = options.fetch ?? globalThis.fetch;
      const response = await send(url, {
        method: prompt === undefined ? 'GET' : 'POST',
        headers,
        body: prompt === undefined ? null : JSON.stringify({ prompt }),
        ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
        cache: 'no-store',
        // A redirect could carry the headers to where they do not belong.
        redirect: 'manual',
        signal: abort.signal,
      });
      heard = scheduler.now();
      if (
        response.status === 200 &&
        /^\s*text\/event-stream\s*(;|$)/i.test(response.headers.get('content-type') ?? '')
      ) {
        subscriber.next({ type: 'open' });
        ended = await readBody(response, abort.signal, take);
      } else {
        subscriber.next(await readRefusal(response, abort.signal, scheduler.now(), prompt));
      }
    };
    watch();
    run().then(
      () => {
        subscriber.complete();
      },
      (error: unknown) => {
        subscriber.error(toFailure(error));
      },
    );
    return () => {
      timer.unsubscribe();
      if (!ended) abort.abort();
    };
  });
}
