import { defer, map, ReplaySubject } from 'rxjs';
import { batch$ } from './batch/batch.js';
import { registerSettings } from './client-settings.js';
import { parseJobRef, parsePrompt } from './model/job-ref.js';
import { objectOption, signalOption } from './model/option.js';
import { optionNames } from './model/option-names.js';
import { WhisulError } from './model/whisul-error.js';
import { clockOf } from './polling/clock.js';
import { RecentDurations } from './polling/duration-history.js';
import { ClientEvents } from './http/client-events.js';
import { RequestLane } from './http/request-lane.js';
import type { ClientContext } from './jobs/client-context.js';
import { followJob$ } from './jobs/follow-job.js';
import { generate, generate$ } from './jobs/generate.js';
import { getJob } from './jobs/get-job.js';
import { JobPoll } from './jobs/job-poll.js';
import { JobRecords } from './jobs/job-record.js';
import { openRecord } from './jobs/open-record.js';
import { submitJob } from './jobs/submit-job.js';
import { toPromise } from './jobs/to-promise.js';
import type { CallOptions, Whisul } from './whisul.js';
import { resolveOptions, type WhisulOptions } from './whisul-options.js';

/**
 * Creates a client of the Whisul API. Nothing is sent before you subscribe or call something. Make one client for each
 * process and share it: all its calls share polling loops and one request budget. A missing API key is the error
 * `unauthorized` of the streams and promises, not of this function.
 *
 * @throws WhisulError `invalid_request` that names a bad option
 * @example
 * ```ts
 * import { createWhisul } from '@whisul-rx/core';
 *
 * const whisul = createWhisul();
 * whisul.generate$('a relaxing lo-fi hip hop beat').subscribe((job) => console.log(job.status));
 * ```
 */
export function createWhisul(options: WhisulOptions = {}): Whisul {
  const { budget, remember, settings, ...rest } = resolveOptions(options);
  const { scheduler } = rest;
  const now = clockOf(scheduler);
  const events = new ClientEvents(scheduler);
  const lane = new RequestLane(budget, scheduler, now, (ms) => {
    events.emit(ms === undefined ? { type: 'resumed' } : { type: 'paused', until: scheduler.now() + ms });
  });
  const records = new JobRecords(remember);
  const closed$ = new ReplaySubject<WhisulError>(1);
  let closed = false;
  const client: ClientContext = {
    ...rest,
    now,
    events,
    lane,
    records,
    durations: new RecentDurations(),
    closed$,
    isClosed: () => closed,
  };

  const close = (): void => {
    if (closed) return;
    closed = true;
    lane.close();
    closed$.next(new WhisulError('closed', 'The client was closed.'));
    for (const record of records.live()) record.subscribers$?.error(new JobPoll(client, record).closedError());
    events.close();
  };

  const whisul: Whisul = {
    job$: (ref) => defer(() => followJob$(client, openRecord(client, parseJobRef(ref)))),
    generate$: (request) => generate$(client, request),
    batch$: (requests, batchOptions) => batch$(whisul, requests, batchOptions),
    generate: async (request, callOptions) => generate(client, request, readSignal(callOptions)),
    submit: async (request, callOptions) => {
      const { submitted$, abortedError } = submitJob(client, parsePrompt(request));
      return toPromise(submitted$.pipe(map(({ receipt }) => receipt)), readSignal(callOptions), abortedError);
    },
    getJob: async (ref, callOptions) => getJob(client, parseJobRef(ref), readSignal(callOptions)),
    events$: events.events$,
    close,
    [Symbol.dispose]: close,
  };
  registerSettings(whisul, settings);
  return whisul;
}

function readSignal(options: CallOptions | undefined): AbortSignal | undefined {
  optionNames(objectOption('options', options), { signal: 1 });
  return signalOption(options?.signal);
}
