import { type JobState } from '@whisul-rx/core';
import { abort$, objectOption, optionNames, statesOption } from '@whisul-rx/core/adapter';
import { Subscription, type Observable } from 'rxjs';
import { comeBackLater, seenTheEnd, streamAnswer, type Answer } from '../server/gateway/answer.js';
import { sharedFeeds } from '../server/feeds/open-feeds.js';
import { splitTarget } from '../server/requests/route.js';
import { sourceFeed } from '../server/feeds/source-feed.js';
import { readSseOptions, sseOptionNames, type SseOptions } from '../server/feeds/sse-options.js';
import { retryFrame } from '../wire/control-frame.js';
import { gone$, isGone, type NodeRequest, type NodeResponse } from './node-exchange.js';
import { writeAnswer } from './write-answer.js';

/**
 * Streams states, of one job or of several, to a response of Node, and ends it when the stream does. An error of the
 * stream becomes a `problem` event. For a slow reader each job has one waiting state: the newest. `Last-Event-ID` is
 * read from the request unless it is given, from the header or, as polyfills send it, from `?lastEventId=`.
 *
 * @param source$ - the states to send. Check before whether the user may see them: nothing is checked here
 * @returns unsubscribing it unsubscribes the source and ends the response; a client that leaves unsubscribes it
 * @throws WhisulError `invalid_request` if `source$` is not an Observable, or an option cannot be used
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createWhisul } from '@whisul-rx/core';
 * import { pipeToSse } from '@whisul-rx/sse/node';
 *
 * const whisul = createWhisul();
 * const latestJobs = new Map([['session=tea-time', '81fa5ff7']]); // your database knows
 * createServer((req, res) => {
 *   const job_id = latestJobs.get(req.headers.cookie ?? '');
 *   if (job_id === undefined) res.writeHead(403).end();
 *   else pipeToSse(whisul.job$({ job_id }), req, res);
 * }).listen(8080);
 * ```
 */
export function pipeToSse(
  source$: Observable<JobState>,
  req: NodeRequest,
  res: NodeResponse,
  options: SseOptions = {},
): Subscription {
  statesOption(source$);
  optionNames(objectOption('options', options), sseOptionNames);
  const { timing, signal, lastEventId = lastSeen(req) } = readSseOptions(options);
  const early = earlyAnswer(lastEventId, req, signal);
  if (early !== undefined || isGone(req, res)) {
    if (early !== undefined) writeAnswer(early, req, res, signal?.aborted);
    return Subscription.EMPTY;
  }
  const feed = sourceFeed(sharedFeeds(timing), source$);
  writeAnswer(streamAnswer(feed), req, res);
  const subscription = new Subscription(() => {
    feed.stop(retryFrame(1_000, 5_000));
  });
  const shutdown = abort$(signal).subscribe(() => {
    feed.shutdown(retryFrame(1_000, 5_000));
  });
  const left = gone$(req, res).subscribe(() => {
    subscription.unsubscribe();
  });
  subscription.add(shutdown);
  subscription.add(left);
  return subscription;
}

function lastSeen(req: NodeRequest): unknown {
  const [, query] = splitTarget(req.url ?? '/');
  return req.headers['last-event-id'] ?? new URLSearchParams(query).get('lastEventId');
}

function earlyAnswer(lastEventId: unknown, req: NodeRequest, signal: AbortSignal | undefined): Answer | undefined {
  if (lastEventId === 'end') return seenTheEnd;
  if (signal?.aborted === true) return comeBackLater();
  return req.method === 'HEAD' ? streamAnswer() : undefined;
}
