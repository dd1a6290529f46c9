import type { JobEngine, JobState } from '@whisul-rx/core';
import { createSseSource, type SseSourceOptions } from '@whisul-rx/sse/client';
import type { Observable, Subscription } from 'rxjs';
import { type Call, Clock, scriptFetch, settle } from './scripted-fetch.js';

/** What a subscriber has heard: statuses, then `done` or the error's code. */
export interface Listener {
  readonly heard: string[];
  readonly states: JobState[];
  readonly error: unknown;
  readonly subscription: Subscription;
}

export interface ScriptedSource {
  readonly source: JobEngine & { close(): void };
  readonly calls: Call[];
  readonly clock: Clock;
  listen(stream$: Observable<JobState>): Listener;
  follow(...ids: string[]): Listener[];
  /** The last request, once it was made. */
  last(): Promise<Call>;
}

export function listen(stream$: Observable<JobState>): Listener {
  const heard: string[] = [];
  const states: JobState[] = [];
  let failure: unknown;
  const subscription = stream$.subscribe({
    next: (state) => {
      heard.push(state.status);
      states.push(state);
    },
    error: (error: unknown) => {
      failure = error;
      heard.push(error instanceof Error && 'code' in error ? String(error.code) : String(error));
    },
    complete: () => heard.push('done'),
  });
  return {
    heard,
    states,
    subscription,
    get error() {
      return failure;
    },
  };
}

/** A source that talks to a scripted gateway, on a clock that only the test moves. */
export function scriptSource(options: Partial<SseSourceOptions> = {}): ScriptedSource {
  const clock = new Clock();
  const { fetch, calls } = scriptFetch();
  const source = createSseSource({
    url: 'https://app.test/jobs',
    fetch,
    scheduler: clock,
    random: () => 0,
    ...options,
  });
  return {
    source,
    calls,
    clock,
    listen,
    follow: (...ids) => ids.map((id) => listen(source.job$(id))),
    last: async () => {
      await settle();
      const call = calls.at(-1);
      if (call === undefined) throw new Error('no request was made');
      return call;
    },
  };
}
