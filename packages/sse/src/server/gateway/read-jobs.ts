import { abort$ } from '@whisul-rx/core/adapter';
import { firstValueFrom, forkJoin, map, of, race, timer, type Observable } from 'rxjs';
import type { Frame } from '../../wire/frame.js';
import { problemFrame } from '../../wire/problem-frame.js';
import { refuse, type Refusal } from '../../wire/refusal.js';
import type { AnswerForm } from '../requests/accept.js';
import { admit, unauthorized, type Admission } from './admission.js';
import { jsonAnswer, nobody, refusalAnswer, seenTheEnd, sendAway, streamAnswer, type Answer } from './answer.js';
import { EventFeed } from '../feeds/event-feed.js';
import type { GatewayContext } from './gateway-context.js';
import type { GatewayRequest } from '../requests/gateway-request.js';
import { requestedIds } from '../requests/requested-ids.js';
import { requestedQuery } from '../requests/requested-query.js';
import { headDeadline, responseHead } from './response-head.js';
import type { Route } from '../requests/route.js';

/** Answers GET and HEAD: the states of the jobs that a request names, as a stream or once. */
export async function readJobs(
  context: GatewayContext,
  request: GatewayRequest,
  form: AnswerForm,
  route: Route,
): Promise<Answer> {
  const { maxJobsPerStream } = context.settings;
  const query = requestedQuery(route.query, maxJobsPerStream);
  if (!(query instanceof URLSearchParams)) return refusalAnswer(query);
  const ids = requestedIds(route.id, query, maxJobsPerStream);
  if (!Array.isArray(ids)) return refusalAnswer(ids);
  const { lastEventId = request.header('last-event-id') ?? query.get('lastEventId') } = context.settings;
  const sawTheEnd = form === 'stream' && lastEventId === 'end';
  const away = sawTheEnd ? () => seenTheEnd : sendAway[form];
  return admit(context, request, ids, away, (admission) => {
    if (sawTheEnd) return seenTheEnd;
    if (request.method === 'HEAD') return form === 'stream' ? streamAnswer() : jsonAnswer(200, undefined);
    if (form === 'json') return currentStates(context, request, ids, admission, route.id !== undefined);
    return streamOf(context, request, ids, admission);
  });
}

function streamOf(
  { feeds, topics }: GatewayContext,
  request: GatewayRequest,
  ids: readonly string[],
  { ids: permitted, until, seat }: Admission,
): Promise<Answer> {
  const feed = new EventFeed(feeds, topics, ids);
  feed.occupy(seat);
  if (until !== undefined) feed.stopOn(abort$(until));
  for (const id of ids) {
    if (permitted.includes(id)) {
      topics.join(id, feed);
    } else {
      feed.push(id, unauthorizedFrame(id));
      feed.jobEnded();
    }
  }
  const isRefused = ({ problem }: Refusal) => ids.length === 1 && problem.code === 'not_found';
  return responseHead(request, feed, isRefused);
}

function currentStates(
  { snapshots, closing$ }: GatewayContext,
  request: GatewayRequest,
  ids: readonly string[],
  { ids: permitted, until }: Admission,
  alone: boolean,
): Promise<Answer> {
  const frames$ = ids.map((id) =>
    permitted.includes(id) ? current$(snapshots.latest$(id), id) : of(unauthorizedFrame(id)),
  );
  const answer$ = forkJoin(frames$).pipe(
    map((frames) => {
      const [frame] = frames;
      if (!alone || frame === undefined) return jsonAnswer(200, jobsJson(frames));
      return frame.refusal === undefined ? jsonAnswer(200, frame.json) : refusalAnswer(frame.refusal);
    }),
  );
  const gone$ = request.gone$.pipe(map(() => nobody));
  const away$ = closing$.pipe(map(sendAway.json));
  const over$ = abort$(until).pipe(map(() => refusalAnswer(unauthorized(ids))));
  return firstValueFrom(race(answer$, gone$, away$, over$));
}

/** The current state of a job, or why there is none, not later than a head. */
function current$(latest$: Observable<Frame>, id: string): Observable<Frame> {
  const late = refuse(504, 'request_timeout', 'The state of this job was not known in time. Ask again.', { jobId: id });
  return race(latest$, timer(headDeadline).pipe(map(() => problemFrame(late))));
}

/** What stands in for a job that `authorize` did not permit. */
function unauthorizedFrame(id: string): Frame {
  return problemFrame(refuse(403, 'unauthorized', 'You may not see this job.', { jobId: id }));
}

/** Several jobs as one document, in the order in which they were asked for. */
function jobsJson(frames: readonly Frame[]): string {
  return `{"jobs":[${frames.map((frame) => frame.json).join(',')}]}`;
}
