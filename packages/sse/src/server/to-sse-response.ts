import { type JobState } from '@whisul-rx/core';
import { objectOption, optionNames, statesOption } from '@whisul-rx/core/adapter';
import type { Observable } from 'rxjs';
import { comeBackLater, seenTheEnd, streamHeaders } from './gateway/answer.js';
import { sharedFeeds } from './feeds/open-feeds.js';
import { sourceFeed } from './feeds/source-feed.js';
import { readSseOptions, sseOptionNames, type SseOptions } from './feeds/sse-options.js';
import { WebOutlet } from './web/web-outlet.js';

/**
 * A response that streams states, of one job or of several, and ends when the stream does. An error of the stream
 * becomes a `problem` event. The stream is subscribed at once, and unsubscribed when the body is cancelled or the
 * signal aborts. For a slow reader each job has one waiting state: the newest.
 *
 * @param source$ - the states to send. Check before whether the user may see them: nothing is checked here
 * @throws WhisulError `invalid_request` if `source$` is not an Observable, or an option cannot be used
 * @example
 * ```ts
 * import { createWhisul } from '@whisul-rx/core';
 * import { toSseResponse } from '@whisul-rx/sse/server';
 *
 * const whisul = createWhisul();
 * const latestJobs = new Map([['session=tea-time', '81fa5ff7']]); // your database knows
 * export const GET = (request: Request): Response => {
 *   const job_id = latestJobs.get(request.headers.get('cookie') ?? '');
 *   if (job_id === undefined) return new Response(null, { status: 403 });
 *   const lastEventId = request.headers.get('last-event-id');
 *   return toSseResponse(whisul.job$({ job_id }), { signal: request.signal, lastEventId });
 * };
 * ```
 */
export function toSseResponse(source$: Observable<JobState>, options: SseOptions = {}): Response {
  statesOption(source$);
  optionNames(objectOption('options', options), sseOptionNames);
  const { timing, signal, lastEventId } = readSseOptions(options);
  if (lastEventId === 'end') return new Response(null, seenTheEnd);
  if (signal?.aborted === true) return new Response(comeBackLater().body, { headers: streamHeaders });
  const outlet = new WebOutlet(sourceFeed(sharedFeeds(timing), source$), undefined, signal);
  return new Response(outlet.body, { headers: streamHeaders });
}
