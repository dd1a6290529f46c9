import { Buffer } from 'node:buffer';
import type { Subscription } from 'rxjs';
import type { EventFeed, Outlet } from '../server/feeds/event-feed.js';
import type { Frame } from '../wire/frame.js';
import { closeSession } from './close-session.js';
import { connectionClose$, isQueued, type NodeRequest, type NodeResponse } from './node-exchange.js';

const buffers = new WeakMap<Frame, Buffer>();

/** The bytes of a frame, once for all connections. Node takes a `Buffer` as it is and wraps any other array anew. */
function bufferOf(frame: Frame): Buffer {
  let buffer = buffers.get(frame);
  if (buffer === undefined) {
    buffer = Buffer.from(frame.text);
    buffers.set(frame, buffer);
  }
  return buffer;
}

/** How long a connection may take to swallow its last bytes in a shutdown, in ms. */
const grace = 300;

/** Writes frames straight to a response of Node, and holds back while its socket is full. */
export class NodeOutlet implements Outlet {
  readonly #res: NodeResponse;
  readonly #feed: EventFeed;
  #full = false;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #queue: Subscription | undefined;

  /** @param res - its head is out */
  constructor(req: NodeRequest, res: NodeResponse, feed: EventFeed) {
    this.#res = res;
    this.#feed = feed;
    // Only the response tells of a disconnect when the body of the request was read; an error is followed by `close`.
    const close = (): void => {
      feed.close();
    };
    res.on('close', close);
    res.on('error', close);
    if (isQueued(res)) this.#queue = connectionClose$(req).subscribe(close);
  }

  offer(frame: Frame): boolean {
    if (this.#full) return false;
    const res = this.#res;
    const buffer = bufferOf(frame);
    try {
      // Called on each branch: the two classes share the method, not its type.
      const drained = 'stream' in res ? res.write(buffer) : res.write(buffer);
      if (!drained) this.#hold();
    } catch {
      this.abandon();
    }
    return true;
  }

  end(last: Frame): void {
    try {
      this.#res.end(bufferOf(last));
    } catch {
      this.abandon();
    }
  }

  shutdown(last: Frame): void {
    const res = this.#res;
    if ('stream' in res) closeSession(res.stream.session);
    this.#grace = setTimeout(() => {
      this.abandon();
    }, grace).unref();
    if (!res.writableEnded) this.end(last);
  }

  detach(): void {
    clearTimeout(this.#grace);
    this.#queue?.unsubscribe();
  }

  abandon(): void {
    const res = this.#res;
    // Without the error: HTTP/2 would throw it where nobody can catch it.
    if ('stream' in res) res.stream.destroy();
    else res.destroy();
    // A queued response has no socket that could tell the feed.
    this.#feed.close();
  }

  #hold(): void {
    this.#full = true;
    this.#res.once('drain', () => {
      this.#full = false;
      this.#feed.flush();
    });
  }
}
