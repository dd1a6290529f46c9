import { setImmediate } from 'node:timers/promises';
import { VirtualTimeScheduler } from 'rxjs';

/** One request that the client under test has made, waiting to be answered. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: unknown;
  readonly init: RequestInit;
  readonly aborted: boolean;
  /** The ids it asks for, in either form. */
  readonly ids: string[];
  /** Answers with a stream that has begun as the gateway begins one. */
  open(heartbeat?: number | null, type?: string): void;
  send(text: string | Uint8Array): void;
  end(): void;
  cut(): void;
  answer(status: number, headers?: Record<string, string>, body?: unknown): void;
  fail(error: unknown): void;
}

const encoder = new TextEncoder();

function createCall(
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
): { call: Call; response: Promise<Response> } {
  let settle: { resolve(response: Response): void; reject(error: unknown): void } | undefined;
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  const response = new Promise<Response>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const url = new URL(input instanceof Request ? input.url : input);
  const signal = init.signal ?? new AbortController().signal;
  const stop = (error: unknown): void => {
    settle?.reject(error);
    try {
      body?.error(error);
    } catch {
      // already closed
    }
  };
  signal.addEventListener('abort', () => {
    stop(signal.reason);
  });
  const queried = url.searchParams.getAll('job');
  const call: Call = {
    method: init.method ?? 'GET',
    url,
    headers: new Headers(init.headers),
    body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
    init,
    get aborted() {
      return signal.aborted;
    },
    ids: queried.length > 0 ? queried : [decodeURIComponent(url.pathname.split('/').at(-1) ?? '')],
    open(heartbeat = 8_000, type = 'text/event-stream; charset=utf-8') {
      if (body !== undefined) return;
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          body = controller;
        },
      });
      settle?.resolve(new Response(stream, { headers: { 'content-type': type } }));
      if (heartbeat !== null) call.send(`retry: 2000\n: heartbeat=${String(heartbeat)}\n\n`);
    },
    send(text) {
      body?.enqueue(typeof text === 'string' ? encoder.encode(text) : text);
    },
    end() {
      body?.close();
    },
    cut() {
      stop(new TypeError('terminated'));
    },
    answer(status, headers = {}, answered) {
      const hasBody = answered !== undefined;
      settle?.resolve(
        new Response(hasBody ? JSON.stringify(answered) : null, {
          status,
          headers: { ...(hasBody ? { 'content-type': 'application/problem+json' } : {}), ...headers },
        }),
      );
    },
    fail: stop,
  };
  return { call, response };
}

/** A `fetch` that keeps each request for the test to answer. */
export function scriptFetch(): { fetch: typeof fetch; calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    fetch: (input, init = {}) => {
      const { call, response } = createCall(input, init);
      calls.push(call);
      return response;
    },
  };
}

/** Lets everything that is due without a timer happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await setImmediate();
}

/** A clock that only the test moves. */
export class Clock extends VirtualTimeScheduler {
  /** Moves in steps, so that what a timer starts can finish before the next one. */
  async advance(ms: number): Promise<void> {
    const end = this.frame + ms;
    await settle();
    for (;;) {
      const due = this.actions.map((action) => action.delay).filter((delay) => delay <= end);
      if (due.length === 0) break;
      this.maxFrames = Math.min(...due);
      this.flush();
      await settle();
    }
    this.frame = end;
  }
}

const running = { status: 'running', prompt: 'p', result: null, error: null };
const song = {
  title: 'T',
  bpm: 90,
  duration: 183,
  song_url: 'https://cdn/s.mp3',
  image_url: 'https://cdn/i.png',
  tags: 'a',
};

/** A state of a job in the shape of the wire. */
export function stateOf(id: string, status: string): Record<string, unknown> {
  if (status === 'submitted') {
    return { status, job_id: id, prompt: 'p', poll_url: `/jobs/${id}`, submitted_at: '2026-02-17T15:39:34Z' };
  }
  const result = status === 'completed' ? song : null;
  return { ...running, status, job_id: id, result, error: status === 'failed' ? 'No.' : null };
}

/** The frame of a state. */
export function frame(id: string, status: string): string {
  return `id: ${id}:${status}\ndata: ${JSON.stringify(stateOf(id, status))}\n\n`;
}

/** The frame of a problem. */
export function problem(fields: Record<string, unknown>): string {
  return `event: problem\ndata: ${JSON.stringify(fields)}\n\n`;
}

export const end = 'event: end\nid: end\ndata: {}\n\n';
