import { abort$ } from '@whisul-rx/core/adapter';
import { Subscription } from 'rxjs';
import { retryFrame } from '../../wire/control-frame.js';
import type { Frame } from '../../wire/frame.js';
import type { EventFeed, Outlet } from '../feeds/event-feed.js';

/**
 * The body of a web response, fed by a feed. Nothing is queued ahead (the default strategy counts chunks, not bytes):
 * a reader that asked for more gets what comes in that turn, once for each transition; after that it is slow until
 * it asks again.
 */
export class WebOutlet implements Outlet {
  /** The body of the response. */
  readonly body: ReadableStream<Uint8Array>;
  readonly #feed: EventFeed;
  readonly #sent = new Set<string>();
  readonly #signals = new Subscription();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #opened = false;
  #asked = false;
  #turnEnds: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param gone - aborts when the client leaves, on hosts that tell it so
   * @param stop - ends the stream as a shutdown does
   */
  constructor(feed: EventFeed, gone?: AbortSignal, stop?: AbortSignal) {
    this.#feed = feed;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#pull();
        },
        cancel: () => {
          this.#controller = undefined;
          this.#onGone();
        },
      },
      { highWaterMark: 0 },
    );
    const left = abort$(gone).subscribe(() => {
      this.#onGone();
    });
    const stopped = abort$(stop).subscribe(() => {
      this.#onStop();
    });
    this.#signals.add(left);
    this.#signals.add(stopped);
  }

  offer(frame: Frame): boolean {
    if (!this.#asked || this.#sent.has(frame.id)) return false;
    if (frame.id !== '') this.#sent.add(frame.id);
    this.#controller?.enqueue(frame.bytes);
    this.#turnEnds ??= setTimeout(() => {
      this.#asked = false;
      this.#turnEnds = undefined;
    }, 0);
    return true;
  }

  end(last: Frame): void {
    this.#controller?.enqueue(last.bytes);
    this.#controller?.close();
    this.#controller = undefined;
    this.#feed.close();
  }

  shutdown(last: Frame): void {
    this.end(last);
  }

  abandon(): void {
    this.#feed.close();
  }

  detach(): void {
    this.#signals.unsubscribe();
    this.#turnIsOver();
    this.#controller?.close();
    this.#controller = undefined;
  }

  #onGone(): void {
    this.#feed.close();
    // A feed that was not opened yet does not know its outlet.
    this.detach();
  }

  #onStop(): void {
    this.#openOnce();
    this.#feed.shutdown(retryFrame(1_000, 5_000));
  }

  #pull(): void {
    this.#turnIsOver();
    this.#sent.clear();
    this.#asked = true;
    if (!this.#openOnce()) this.#feed.flush();
  }

  #openOnce(): boolean {
    if (this.#opened) return false;
    this.#opened = true;
    this.#feed.open(this);
    return true;
  }

  #turnIsOver(): void {
    clearTimeout(this.#turnEnds);
    this.#turnEnds = undefined;
  }
}
