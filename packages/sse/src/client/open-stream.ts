import { WhisulError, type WhisulErrorCode } from '@whisul-rx/core';
import { badOption, retryAfterMs } from '@whisul-rx/core/adapter';
import { Observable, type Subscription } from 'rxjs';
import type { Gateway } from './gateway.js';
import { isDefinite, parseObject, problemError } from './problem-error.js';
import { readEvents, type StreamEvent } from './read-events.js';
import { until$ } from './reconnect.js';
import { StreamFailure, toFailure } from './stream-failure.js';

/** One request for a stream; one with a prompt is a POST. */
export interface StreamRequest {
  readonly url: string;
  readonly prompt?: string;
  /** From now on it is in flight: before, unsubscribing withdraws it. */
  readonly onSend?: () => void;
}

/** No refusal is longer. */
const longestBody = 65_536;

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
    throw badOption('headers', 'headers that can be sent');
  }
}

/**
 * Feeds the body to `take` until it ends or nobody is interested any more.
 *
 * @returns whether the body is a web stream, which not every `fetch` gives
 */
async function readBody(
  { body }: Response,
  reading: Subscription,
  take: (bytes: Uint8Array) => unknown,
): Promise<boolean> {
  if (body === null || !('getReader' in body)) return false;
  const reader = body.getReader();
  reading.add(() => {
    // A `fetch` of the caller's may not heed the signal. What a body that is given up says to that matters to nobody.
    reader.cancel().catch(() => undefined);
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done || reading.closed || take(value) === false) return true;
  }
}

/** The body of an answer that is no stream, where it is JSON. */
async function readFields(response: Response, reading: Subscription): Promise<Record<string, unknown>> {
  let text = '';
  if (/\bjson\b/i.test(response.headers.get('content-type') ?? '')) {
    const decoder = new TextDecoder();
    const take = (bytes: Uint8Array): boolean => (text += decoder.decode(bytes, { stream: true })).length < longestBody;
    if (!(await readBody(response, reading, take))) text = await response.text();
  }
  return parseObject(text);
}

const ended = (code: WhisulErrorCode): StreamFailure =>
  new StreamFailure(new WhisulError(code, 'The stream ended before the job did.'), code === 'network');

/**
 * One request and what its stream tells. Its end is an error, too: a {@link StreamFailure}, like every other.
 * A connection that stays silent for too long is a failure, also before its head is in.
 * Unsubscribing aborts the request.
 */
export function openStream$(gateway: Gateway, { url, prompt, onSend }: StreamRequest): Observable<StreamEvent> {
  const { options, scheduler } = gateway;
  return new Observable((subscriber) => {
    const abort = new AbortController();
    let heard = scheduler.now();
    let patience = gateway.silence;
    let status: number | undefined;
    let timer: Subscription | undefined;
    const watch = (): void => {
      timer?.unsubscribe();
      // The bytes only note the time: a timer set anew for each chunk would cost more than reading it.
      timer = until$(scheduler, () => heard + patience).subscribe({
        complete: () => {
          const message = `The gateway was silent for ${patience} ms.`;
          subscriber.error(new StreamFailure(new WhisulError('request_timeout', message), true));
        },
      });
    };
    /** A POST whose answer names a job was accepted, also where a problem has taken the place of the first state. */
    const accept = (job_id: string | undefined): boolean => {
      if (prompt === undefined || !job_id) return false;
      const poll_url = `/jobs/${encodeURIComponent(job_id)}`;
      const submitted_at = new Date(scheduler.now()).toISOString();
      subscriber.next({ type: 'state', state: { status: 'submitted', job_id, prompt, poll_url, submitted_at } });
      return true;
    };
    const feed = readEvents((event) => {
      if (event.type === 'end') throw ended('invalid_response');
      if (event.type === 'heartbeat') {
        patience = 3 * event.ms;
        watch();
        return;
      }
      if (event.type === 'problem') accept(event.error.jobId);
      subscriber.next(event);
    });
    /** What an answer means that is not a stream: mostly a failure. */
    const judge = (response: Response, body: Record<string, unknown>): void => {
      const { status, headers } = response;
      // What is no refusal is an `invalid_response`, whatever its body says.
      const error = problemError(status < 400 ? { job_id: body['job_id'] } : body, {
        status,
        retryAfter: status === 429 || status === 503 ? retryAfterMs(headers, scheduler.now()) : undefined,
        requestId: headers.get('x-request-id') ?? undefined,
      });
      if (!accept(error.jobId)) throw new StreamFailure(error, !isDefinite(error) && error.code !== 'invalid_response');
      if (!response.ok) subscriber.next({ type: 'problem', error });
    };
    const run = async (): Promise<never> => {
      const headers = await requestHeaders(gateway);
      headers.set('accept', 'text/event-stream');
      if (prompt !== undefined) headers.set('content-type', 'application/json');
      if (subscriber.closed) throw ended('network');
      onSend?.();
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
      status = response.status;
      const take = (bytes: Uint8Array): void => {
        heard = scheduler.now();
        feed(bytes);
      };
      if (status === 200 && /^\s*text\/event-stream\s*(;|$)/i.test(response.headers.get('content-type') ?? '')) {
        subscriber.next({ type: 'open' });
        if (!(await readBody(response, subscriber, take))) {
          throw new WhisulError('invalid_response', 'This `fetch` cannot stream.');
        }
      } else {
        judge(response, await readFields(response, subscriber));
      }
      throw ended('network');
    };
    watch();
    run().catch((error: unknown) => {
      subscriber.error(toFailure(error, status));
    });
    return () => {
      timer?.unsubscribe();
      abort.abort();
    };
  });
}
