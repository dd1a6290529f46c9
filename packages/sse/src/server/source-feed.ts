import type { JobState } from '@whisul-rx/core';
import { Subscription, type Observable } from 'rxjs';
import { problemFrame } from '../wire/problem-frame.js';
import { toRefusal, type Refusal } from '../wire/refusal.js';
import { stateFrame } from '../wire/state-frame.js';
import { EventFeed } from './event-feed.js';
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
      subscription.unsubscribe();
    },
  };
  const feed = new EventFeed(feeds, source, ['']);
  const fail = (error: unknown): void => {
    const refusal = explain(error);
    feed.push(refusal.problem.job_id ?? '', problemFrame(refusal));
    feed.jobEnded();
    subscription.unsubscribe();
  };
  subscription.add(
    states$.subscribe({
      next: (state) => {
        try {
          feed.push(state.job_id, stateFrame(state));
        } catch (error) {
          fail(error); // a state that has no JSON form
        }
      },
      error: fail,
      complete: () => {
        feed.jobEnded();
      },
    }),
  );
  return feed;
}
