import { WhisulError, type WhisulErrorCode } from '@whisul-rx/core';
import { badOption, functionOption, retryAfterMs } from '@whisul-rx/core/adapter';
import { Observable, type Subscription } from 'rxjs';
import type { Gateway } from './gateway.js';
import { isDefinite, isFinal, parseObject, problemError } from './problem-error.js';
import { readBody, readText } from './read-body.js';
import { readEvents, type StreamEvent } from './read-events.js';
import { until$ } from './reconnect.js';
import { StreamFailure, toFailure } from './stream-failure.js';

/** One request for a stream; one with a prompt is a POST. */
export interface StreamRequest {
  /** By default the gateway's own. */
  readonly url?: string;
  readonly prompt?: string;
  /** From now on it is in flight: before, unsubscribing withdraws it. */
  readonly onSend?: () => void;
}

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

/** What to do about an answer that is neither a stream nor a refusal. */
const strange = (status: number): string =>
  !status || status >= 300
    ? 'The gateway redirects. Set `url` to where it leads, or answer 401 to ask for a login.'
    : `The gateway answered ${status} without an event stream. Check \`url\`.`;

const ended = (code: WhisulErrorCode): StreamFailure =>
  new StreamFailure(new WhisulError(code, 'The stream ended before the job did.'), code === 'network');

/**
 * One request and what its stream tells. Its end is an error, too: a {@link StreamFailure}, like every other.
 * A connection that stays silent for too long is a failure, also before its head is in.
 * Unsubscribing aborts the request.
 */
export function openStream$(gateway: Gateway, { url, prompt, onSend }: StreamRequest): Observable<StreamEvent> {
  const { options, scheduler } = gateway;
  const isPost = prompt !== undefined;
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
      if (!isPost || !job_id) return false;
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
      // What is no refusal is an `invalid_response`, whatever its body says. A browser shows a redirect as status 0.
      const error = problemError(status < 400 ? { job_id: body['job_id'], detail: strange(status) } : body, {
        status,
        retryAfter: status === 429 || status === 503 ? retryAfterMs(headers, scheduler.now()) : undefined,
        requestId: headers.get('x-request-id') ?? undefined,
      });
      if (!accept(error.jobId)) {
        const again = !isFinal(status) && !isDefinite(error) && error.code !== 'invalid_response';
        throw new StreamFailure(error, again);
      }
      if (!response.ok) subscriber.next({ type: 'problem', error });
    };
    const run = async (): Promise<never> => {
      const headers = await requestHeaders(gateway);
      // Where answers have no body they come whole: a POST must not be answered with a stream that goes on for minutes.
      const streams = !isPost || 'body' in Response.prototype;
      headers.set('accept', streams ? 'text/event-stream' : 'application/json');
      if (isPost) headers.set('content-type', 'application/json');
      // Looked up late, and never called as a method: a browser's own fetch refuses that.
      const send = functionOption('fetch', options.fetch ?? globalThis.fetch, true);
      const target = url ?? gateway.url.href;
      if (subscriber.closed) throw ended('network');
      onSend?.();
      const response = await send(target, {
        method: isPost ? 'POST' : 'GET',
        headers,
        body: isPost ? JSON.stringify({ prompt }) : null,
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
      const contentType = response.headers.get('content-type') ?? '';
      if (status === 200 && /^\s*text\/event-stream\s*(;|$)/i.test(contentType)) {
        subscriber.next({ type: 'open' });
        if (!(await readBody(response, subscriber, take))) {
          // It may tell of a job that is paid for.
          if (isPost) feed(new TextEncoder().encode(await response.text()));
          throw new WhisulError('invalid_response', 'This `fetch` cannot stream: its answers have no `body`.');
        }
      } else {
        // A receipt is one also where it does not say that it is JSON.
        const readable = isPost || /\bjson\b/i.test(contentType);
        judge(response, parseObject(readable ? await readText(response, subscriber) : ''));
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
