import { filter, firstValueFrom, interval, Subject, type Subscription } from 'rxjs';
import { preambleFrame, retryFrame } from '../../wire/control-frame.js';
import type { Frame } from '../../wire/frame.js';
import type { SseTiming } from './sse-options.js';

/** One open connection. */
export interface OpenFeed {
  /** The heartbeat tick at which the reader last took something. */
  stamp: number;
  /** Breaks a silence. */
  beat(): void;
  /** The reader has taken nothing for too long: takes the connection away. */
  abandon(): void;
  /** The server goes away: the client is told when to come back, and the connection ends at once. */
  shutdown(last: Frame): void;
  /** Either side has ended the connection. Calling it again does nothing. */
  close(): void;
}

const ticksPerHeartbeat = 8;

/** How long a reader may take nothing, in ms, and in heartbeats: longer than any client waits for a sign of life. */
const patience = { ms: 60_000, heartbeats: 3 };

const shared = new Map<string, OpenFeeds>();

/** Tells Cloudflare Workers from other hosts, by the name that they give themselves for that. */
function isWorker(): boolean {
  const host: unknown = Reflect.get(globalThis, 'navigator');
  return typeof host === 'object' && host !== null && 'userAgent' in host && host.userAgent === 'Cloudflare-Workers';
}

/**
 * The feeds of streams that belong to no handler: those with the same timing share a timer. On Cloudflare Workers they
 * do not: there a timer belongs to the request that set it, and ends with it.
 */
export function sharedFeeds(timing: SseTiming): OpenFeeds {
  if (isWorker()) return new OpenFeeds(timing);
  const key = `${String(timing.heartbeat)} ${String(timing.retry)}`;
  const feeds = shared.get(key) ?? new OpenFeeds(timing);
  shared.set(key, feeds);
  return feeds;
}

/**
 * The open connections of one handler. One timer serves all their heartbeats: each tick it looks who was silent for
 * a whole period, so a beat comes up to an eighth late and never early. A timer for each connection would have to be set again at every delivery.
 */
export class OpenFeeds {
  /** Counts eighths of a heartbeat while anything is open. */
  tick = 0;
  readonly #feeds = new Set<OpenFeed>();
  readonly #deleted$ = new Subject<void>();
  #ticks: Subscription | undefined;
  #closed = false;

  /** What every one of its streams begins with. */
  readonly preamble: Frame;
  /** So many ticks a reader may take nothing. */
  readonly #patience: number;

  constructor(readonly timing: SseTiming) {
    this.preamble = preambleFrame(timing);
    const periods = Math.max(patience.heartbeats, patience.ms / timing.heartbeat);
    this.#patience = Math.ceil(periods * ticksPerHeartbeat);
  }

  /** How many connections are open. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Takes a feed, or closes it at once when there are no more to be. */
  add(feed: OpenFeed): void {
    if (this.#closed) {
      feed.close();
      return;
    }
    this.#feeds.add(feed);
    feed.stamp = this.tick;
    this.#ticks ??= interval(this.timing.heartbeat / ticksPerHeartbeat).subscribe(() => {
      this.#beat();
    });
  }

  delete(feed: OpenFeed): void {
    if (!this.#feeds.delete(feed)) return;
    if (this.size === 0) {
      this.#ticks?.unsubscribe();
      this.#ticks = undefined;
    }
    this.#deleted$.next();
  }

  /** Sends every client away, to come back in 1 to 5 s, and resolves when the last connection has ended. For good. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const feed of this.#feeds) feed.shutdown(retryFrame(1_000, 5_000));
    if (this.size > 0) await firstValueFrom(this.#deleted$.pipe(filter(() => this.size === 0)));
  }

  #beat(): void {
    this.tick += 1;
    for (const feed of this.#feeds) {
      const silence = this.tick - feed.stamp;
      if (silence > this.#patience) feed.abandon();
      else if (silence > ticksPerHeartbeat) feed.beat();
    }
  }
}
