import type { JobEngine } from '@whisul-rx/core';
import {
  BehaviorSubject,
  catchError,
  defer,
  delay,
  filter,
  firstValueFrom,
  forkJoin,
  map,
  merge,
  of,
  race,
  take,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import { refuse, submitRefusal, toRefusal, type Refusal } from '../wire/refusal.js';
import { preferredForm, type AnswerForm } from './accept.js';
import {
  comeBackLater,
  jsonAnswer,
  nobody,
  refusalAnswer,
  seenTheEnd,
  streamAnswer,
  tooBusy,
  type Answer,
} from './answer.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import { EventFeed } from './event-feed.js';
import type { GatewayRequest } from './gateway-request.js';
import { headDeadline, jobsJson, jobSnapshot$, unauthorizedFrame } from './job-snapshot.js';
import { JobTopics } from './job-topics.js';
import type { GatewaySettings } from './jobs-handler-options.js';
import { OpenFeeds } from './open-feeds.js';
import { permittedIds } from './permitted-ids.js';
import { requestedIds } from './requested-ids.js';
import { requestedPrompt } from './requested-prompt.js';
import { matchRoute, type Route } from './route.js';
import { sourceFeed } from './source-feed.js';
import { inDoubtAfter, submittedJob$ } from './submit-job.js';

const away = { stream: comeBackLater, json: () => tooBusy('This server is full or going away. Ask again later.') };

/** Decides what every request is answered with. What platform the answer is written to makes no difference to it. */
export class JobsGateway {
  readonly #settings: GatewaySettings;
  readonly #feeds: OpenFeeds;
  readonly #topics: JobTopics;
  readonly #closing$ = new BehaviorSubject(false);
  #inAnswer = 0;
  /** How many submits are being answered: each may be of a job that is paid for. */
  readonly #submits$ = new BehaviorSubject(0);

  /** Emits once the gateway closes, also to those who come later. */
  readonly closing$: Observable<unknown> = this.#closing$.pipe(filter(Boolean), take(1));

  constructor(settings: GatewaySettings) {
    this.#settings = settings;
    this.#feeds = new OpenFeeds(settings.timing);
    this.#topics = new JobTopics(settings.source);
  }

  // A call, because it may change while something is awaited.
  isClosing(): boolean {
    return this.#closing$.value;
  }

  /** Answers a request. Never rejects. A feed in the answer is the caller's to open or close. */
  async answer(request: GatewayRequest): Promise<Answer> {
    const answer = await this.#route(request).catch(() =>
      refusalAnswer(refuse(500, 'engine', 'The request could not be answered because of a fault of the server.')),
    );
    const cors = corsHeaders(this.#settings.cors, request.header('origin'));
    const vary = [answer.headers['vary'], cors['vary']].filter((name) => name !== undefined).join(', ');
    return { ...answer, headers: { ...answer.headers, ...cors, ...(vary === '' ? {} : { vary }) } };
  }

  /** Sends new requests and open streams away; resolves when the last stream has ended and no submit is unanswered. */
  async close(): Promise<void> {
    // First of all submits: what is withdrawn can still tell so.
    this.#closing$.next(true);
    await Promise.all([this.#feeds.close(), this.#submitsAnswered()]);
  }

  async #submitsAnswered(): Promise<void> {
    if (this.#submits$.value === 0) return;
    // A turn later the last answer is written, too: whoever ends the process then takes none along.
    await firstValueFrom(
      this.#submits$.pipe(
        filter((count) => count === 0),
        delay(0),
      ),
    );
  }

  async #route(request: GatewayRequest): Promise<Answer> {
    const { basePath, engine, cors } = this.#settings;
    let route: Route | undefined;
    try {
      route = matchRoute(basePath, request.target, request.handedOn);
    } catch {
      return refusalAnswer(refuse(400, 'invalid_request', 'The job id in the path is not percent-encoded UTF-8.'));
    }
    if (route === undefined) return refusalAnswer(refuse(404, 'not_found', 'There is nothing at this path.'));
    const submits = route.id === undefined && engine !== undefined;
    const allow = `GET, HEAD, OPTIONS${submits ? ', POST' : ''}`;
    const { method } = request;
    if (method === 'OPTIONS') {
      return { status: 204, headers: { allow, vary: 'Accept', ...preflightHeaders(cors, allow) }, body: undefined };
    }
    if (method !== 'GET' && method !== 'HEAD' && !(method === 'POST' && submits)) {
      return refusalAnswer(refuse(405, 'invalid_request', `This path takes ${allow}.`), { allow });
    }
    const form = preferredForm(request.header('accept'));
    if (form === undefined) {
      return refusalAnswer(refuse(406, 'invalid_request', 'Accept text/event-stream or application/json.'));
    }
    return method === 'POST' ? this.#submit(request, form, route.base) : this.#read(request, form, route);
  }

  async #read(request: GatewayRequest, form: AnswerForm, route: Route): Promise<Answer> {
    const ids = requestedIds(route, this.#settings.maxJobsPerStream);
    if (!Array.isArray(ids)) return refusalAnswer(ids);
    const { lastEventId = request.header('last-event-id') } = this.#settings;
    const sawTheEnd = form === 'stream' && lastEventId === 'end';
    const admitted = await this.#admit(request, ids, sawTheEnd ? () => seenTheEnd : away[form]);
    if ('status' in admitted) return admitted;
    if (sawTheEnd) return seenTheEnd;
    const { permitted } = admitted;
    if (request.method === 'HEAD') return form === 'stream' ? streamAnswer() : jsonAnswer(200, undefined);
    if (form === 'json') return this.#counted(() => this.#snapshot(request, ids, permitted, route.id !== undefined));
    const feed = new EventFeed(this.#feeds, this.#topics, ids);
    for (const id of ids) {
      if (permitted.includes(id)) {
        this.#topics.join(id, feed);
      } else {
        feed.push(id, unauthorizedFrame(id));
        feed.jobEnded();
      }
    }
    const isRefused = ({ problem }: Refusal) => ids.length === 1 && problem.code === 'not_found';
    return this.#head(request, feed, isRefused);
  }

  #snapshot(
    request: GatewayRequest,
    ids: readonly string[],
    permitted: readonly string[],
    alone: boolean,
  ): Promise<Answer> {
    const frames$ = forkJoin(
      ids.map((id) => (permitted.includes(id) ? jobSnapshot$(this.#settings.source, id) : of(unauthorizedFrame(id)))),
    );
    const answer$ = frames$.pipe(
      map((frames) => {
        const [frame] = frames;
        if (!alone || frame === undefined) return jsonAnswer(200, jobsJson(frames));
        return frame.refusal === undefined ? jsonAnswer(200, frame.json) : refusalAnswer(frame.refusal);
      }),
    );
    return firstValueFrom(race(answer$, request.gone$.pipe(map(() => nobody))));
  }

  async #submit(request: GatewayRequest, form: AnswerForm, base: string): Promise<Answer> {
    const { engine } = this.#settings;
    const admitted = await this.#admit(request, [], away.json);
    if ('status' in admitted) return admitted;
    const prompt = await this.#counted(() => requestedPrompt(request));
    if (request.isGone() || engine === undefined) return nobody;
    if (this.isClosing()) return away.json();
    if (typeof prompt !== 'string') return refusalAnswer(prompt);
    this.#submits$.next(this.#submits$.value + 1);
    try {
      return await this.#start(request, form, base, engine, prompt);
    } finally {
      this.#submits$.next(this.#submits$.value - 1);
    }
  }

  #start(request: GatewayRequest, form: AnswerForm, base: string, engine: JobEngine, prompt: string): Promise<Answer> {
    let jobId: string | undefined;
    const states$ = submittedJob$(engine, prompt, this.closing$).pipe(
      tap(({ job_id }) => {
        jobId = job_id;
      }),
    );
    const explain = (error: unknown) => (jobId === undefined ? submitRefusal(error) : toRefusal(error, jobId));
    if (form === 'stream') {
      const feed = sourceFeed(this.#feeds, states$.pipe(inDoubtAfter(this.closing$)), explain);
      return this.#head(request, feed, () => true);
    }
    const answer$ = states$.pipe(
      take(1),
      map(({ job_id }) => {
        const url = `${base}/${encodeURIComponent(job_id)}`;
        return jsonAnswer(202, JSON.stringify({ job_id, poll_url: url, events_url: url }));
      }),
      catchError((error: unknown) => of(refusalAnswer(explain(error)))),
    );
    return this.#counted(() => firstValueFrom(race(answer$, request.gone$.pipe(map(() => nobody)))));
  }

  /** Lets a request in, if there is room and `authorize` permits; else says what it is answered with. */
  async #admit(
    request: GatewayRequest,
    ids: readonly string[],
    sendAway: () => Answer,
  ): Promise<Answer | { permitted: readonly string[] }> {
    const isFull = this.#feeds.size + this.#inAnswer >= this.#settings.maxConnections;
    if (this.isClosing() || isFull) return sendAway();
    const verdict = (): Promise<readonly string[] | undefined> => permittedIds(this.#settings.authorize, request, ids);
    // It may be stuck, or fail when nobody waits for it any more.
    const needless$ = merge(request.gone$, this.closing$).pipe(map(() => undefined));
    const permitted = await this.#counted(() => firstValueFrom(race(defer(verdict), needless$)));
    if (request.isGone()) return nobody;
    if (this.isClosing()) return sendAway();
    return permitted === undefined ? refusalAnswer(unauthorized(ids)) : { permitted };
  }

  /** Waits for a first frame before the head goes out, so that an early problem can still be a status. */
  async #head(request: GatewayRequest, feed: EventFeed, isRefused: (refusal: Refusal) => boolean): Promise<Answer> {
    if (feed.first === undefined && !feed.closed)
      await firstValueFrom(merge(feed.ready$, timer(headDeadline), request.gone$));
    const refusal = feed.first?.refusal;
    const refused = refusal !== undefined && isRefused(refusal);
    if (request.isGone() || refused) feed.close();
    if (request.isGone()) return nobody;
    if (refused) return refusalAnswer(refusal);
    return streamAnswer(feed);
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#inAnswer += 1;
    try {
      return await work();
    } finally {
      this.#inAnswer -= 1;
    }
  }
}

function unauthorized(ids: readonly string[]): Refusal {
  if (ids.length === 0) return refuse(403, 'unauthorized', 'You may not start jobs.');
  if (ids.length > 1) return refuse(403, 'unauthorized', 'You may not see these jobs.');
  return refuse(403, 'unauthorized', 'You may not see this job.', { jobId: ids[0] });
}
