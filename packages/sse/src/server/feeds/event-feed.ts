import { Subject, type Observable, type Subscription } from 'rxjs';
import { endFrame, heartbeatFrame, retryFrame } from '../../wire/control-frame.js';
import type { Frame } from '../../wire/frame.js';
import type { OpenFeed, OpenFeeds } from './open-feeds.js';
import type { Seat } from './seats.js';

/**
 * Where the frames of one connection go: a response of some platform. Its methods never throw: whatever a write throws
 * (a middleware's may) takes that connection away, closes its feed, and is nobody else's.
 */
export interface Outlet {
  /** Takes the frame, or refuses it while the reader is slow and calls `flush()` of the feed when it no longer is. */
  offer(frame: Frame): boolean;
  /** Writes a last frame and ends the response. */
  end(last: Frame): void;
  /** As `end`, and sees to it that the connection goes away soon, however its reader behaves. */
  shutdown(last: Frame): void;
  /** Takes the connection away: its reader has taken nothing for too long. Closes the feed. */
  abandon(): void;
  /** The feed is over: lets go of listeners and timers. */
  detach(): void;
}

/** Where the frames of a feed come from. */
export interface FeedSource {
  /** Lets go of what the feed is subscribed to. Never throws, whatever is behind it. */
  leave(feed: EventFeed): void;
}

/**
 * One connection's view of its jobs. States are snapshots: while the reader is slow, each job has one waiting frame
 * and a newer one takes its place, unless it is final. Until the head of the response is out, frames are held.
 */
export class EventFeed implements OpenFeed {
  /** The heartbeat tick at which the reader last took something. */
  stamp = 0;
  #outlet: Outlet | undefined;
  #held: (readonly [key: string, frame: Frame])[] | undefined = [];
  #waiting: Map<string, Frame> | undefined;
  #awaited$: Subject<void> | undefined;
  #seat: Seat | undefined;
  #permit: Subscription | undefined;
  #unfinished: number;
  #ended = false;
  #closed = false;

  /** @param keys - the jobs; a source that is not told apart by job is one key */
  constructor(
    readonly feeds: OpenFeeds,
    readonly source: FeedSource,
    readonly keys: readonly string[],
  ) {
    this.#unfinished = keys.length;
    feeds.add(this);
  }

  /** True once either side has ended the connection. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The first frame, while the head is not out; also when the feed was closed since. */
  get first(): Frame | undefined {
    return this.#held?.[0]?.[1];
  }

  /** Emits when there is a first frame, or when the feed was closed before there was one. */
  get ready$(): Observable<void> {
    return (this.#awaited$ ??= new Subject());
  }

  /** Keeps a place until the connection is over. */
  occupy(seat: Seat): void {
    if (!this.#closed) this.#seat = seat.keep();
  }

  /** Ends the stream when it may not be seen any more; the client is told to come back, and is asked again who it is. */
  stopOn(over$: Observable<unknown>): void {
    if (this.#closed) return;
    this.#permit = over$.subscribe(() => {
      this.stop(retryFrame(1_000, 5_000));
    });
  }

  /** Sends a frame of a job, or lets it wait. */
  push(key: string, frame: Frame): void {
    if (this.#closed || this.#ended) return;
    if (this.#waiting === undefined && this.#take(key, frame)) return;
    this.#waiting ??= new Map();
    if (this.#waiting.get(key)?.final !== true) this.#waiting.set(key, frame);
  }

  /** Nothing more comes of one job; after the last one the stream ends. */
  jobEnded(): void {
    this.#unfinished -= 1;
    this.#endIfDone();
  }

  /** The head is out: sends what was held and goes on from there. */
  open(outlet: Outlet): void {
    if (this.#closed) {
      // What was known before is told still: of a submit, the id of a job that is paid for.
      for (const [, frame] of this.#held ?? []) outlet.offer(frame);
      outlet.end(retryFrame(1_000, 5_000));
      return;
    }
    const held = [...(this.#held ?? []), ...(this.#waiting ?? [])];
    this.#outlet = outlet;
    this.#held = this.#waiting = this.#awaited$ = undefined;
    this.stamp = this.feeds.tick;
    outlet.offer(this.feeds.preamble);
    for (const [key, frame] of held) this.push(key, frame);
    this.#endIfDone();
  }

  /** The reader has caught up: sends what waits. */
  flush(): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      for (const [key, frame] of waiting) {
        if (!this.#take(key, frame)) return;
        waiting.delete(key);
      }
      this.#waiting = undefined;
    }
    this.#endIfDone();
  }

  /** Breaks a silence, unless the reader is slow or the stream has ended. */
  beat(): void {
    if (this.#outlet !== undefined && this.#waiting === undefined && !this.#ended) this.#take('', heartbeatFrame);
  }

  /** The reader has taken nothing for too long, not even the end. Its place, and the source, are for others. */
  abandon(): void {
    if (this.#outlet === undefined) this.close();
    else this.#outlet.abandon();
  }

  /** Ends the stream before its jobs have: the client is told when to come back. */
  stop(last: Frame): void {
    if (this.#ended || this.#closed) return;
    this.#leave();
    this.#ended = true;
    this.#waiting = undefined;
    if (this.#outlet === undefined) this.close();
    else this.#outlet.end(last);
  }

  /** The server goes away: the client is told when to come back, and the connection ends at once. */
  shutdown(last: Frame): void {
    if (this.#closed) return;
    this.#leave();
    this.#ended = true;
    this.#waiting = undefined;
    if (this.#outlet === undefined) this.close();
    else this.#outlet.shutdown(last);
  }

  /** Either side has ended the connection. Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave();
    this.#waiting = undefined;
    this.#awaited$?.next();
    this.#permit?.unsubscribe();
    this.#outlet?.detach();
    this.feeds.delete(this);
    this.#seat?.release();
  }

  #leave(): void {
    if (this.#unfinished > 0) this.source.leave(this);
    this.#unfinished = 0;
  }

  #take(key: string, frame: Frame): boolean {
    if (this.#outlet !== undefined) {
      const isTaken = this.#outlet.offer(frame);
      if (isTaken) this.stamp = this.feeds.tick;
      return isTaken;
    }
    // Each transition is held once: a source that tells all of them at once loses none, and the rest is bounded.
    if (this.#held === undefined || this.#held.some(([, held]) => held.id === frame.id)) return false;
    this.#held.push([key, frame]);
    this.#awaited$?.next();
    return true;
  }

  #endIfDone(): void {
    if (this.#outlet === undefined || this.#unfinished > 0 || this.#waiting !== undefined) return;
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    this.#outlet.end(endFrame);
  }
}
