import type { JobState } from '@whisul-rx/core';
import { map, Subscription, type Observable } from 'rxjs';
import { problemFrame } from '../../wire/problem-frame.js';
import { toRefusal, type Refusal } from '../../wire/refusal.js';
import { stateFrame } from '../../wire/state-frame.js';
import { EventFeed } from './event-feed.js';
import { leaveSource } from './leave-source.js';
import type { OpenFeeds } from './open-feeds.js';

/**
 * Opens a feed on a stream of states, of one job or of many, and subscribes to it. It ends when the stream does.
 * Leaving it unsubscribes.
 *
 * @param explain - what an error of the stream is told as
 */
export function sourceFeed(
  feeds: OpenFeeds,
  states$: Observable<JobState>,
  explain: (error: unknown) => Refusal = toRefusal,
): EventFeed {
  const subscription = new Subscription();
  const source = {
    leave: () => {
      leaveSource(subscription);
    },
  };
  const feed = new EventFeed(feeds, source, ['']);
  if (feed.closed) return feed;
  // A state without a JSON form is an error of the stream: nothing follows it.
  const frames$ = states$.pipe(map((state) => ({ key: state.job_id, frame: stateFrame(state) })));
  subscription.add(
    frames$.subscribe({
      next: ({ key, frame }) => {
        feed.push(key, frame);
      },
      error: (error: unknown) => {
        const refusal = explain(error);
        feed.push(refusal.problem.job_id ?? '', problemFrame(refusal));
        feed.jobEnded();
      },
      complete: () => {
        feed.jobEnded();
      },
    }),
  );
  return feed;
}
