import { BehaviorSubject, filter, take, type Observable } from 'rxjs';
import { JobSnapshots } from '../feeds/job-snapshots.js';
import { JobTopics } from '../feeds/job-topics.js';
import type { GatewaySettings } from './jobs-handler-options.js';
import { OpenFeeds } from '../feeds/open-feeds.js';
import { Pending } from './pending.js';
import { Seats } from '../feeds/seats.js';

/** One connection may hold so many places, unless that is more than half of all. */
const mostPerConnection = 256;

/** What the requests of one gateway share. */
export class GatewayContext {
  readonly feeds: OpenFeeds;
  readonly topics: JobTopics;
  readonly snapshots: JobSnapshots;
  readonly seats: Seats;
  /** Requests without an answer, and submits without a known outcome. */
  readonly pending = new Pending();
  /** How many submits have no known outcome yet: each may be of a job that is paid for. */
  submits = 0;
  readonly #closing$ = new BehaviorSubject(false);

  /** Emits once the gateway closes, also to those who come later. */
  readonly closing$: Observable<unknown> = this.#closing$.pipe(filter(Boolean), take(1));

  constructor(readonly settings: GatewaySettings) {
    const { maxConnections, maxConnectionsPerKey } = settings;
    this.feeds = new OpenFeeds(settings.timing);
    this.topics = new JobTopics(settings.source);
    this.snapshots = new JobSnapshots(this.topics);
    this.seats = new Seats({
      total: maxConnections,
      perConnection: Math.min(mostPerConnection, Math.ceil(maxConnections / 2)),
      perKey: maxConnectionsPerKey,
    });
  }

  // A call, because it may change while something is awaited.
  isClosing(): boolean {
    return this.#closing$.value;
  }

  /** Sends new requests and open streams away; resolves when all streams have ended and all is answered. */
  async close(): Promise<void> {
    // First of all those that wait: a submit that is withdrawn can still tell so.
    this.#closing$.next(true);
    this.snapshots.close();
    await Promise.all([this.feeds.close(), this.pending.idle()]);
  }
}
