/** Which requests a fault hits. Every condition that is given must hold; with none it is any call of the API. */
export interface FaultMatch {
  /** `GET`, `POST`, … */
  readonly method?: string;
  /**
   * A string is the whole path, with or without `/api` (`'/generate'`); a pattern is tried on the path as it was sent
   * (`/api/jobs/…`). The query is no part of it. The files behind `song_url` and `image_url` are only hit by a fault
   * that names a path.
   */
  readonly path?: string | RegExp;
  /** Requests that follow this job. */
  readonly job?: string;
  /** Requests that submit this prompt, and those that follow one of its jobs. */
  readonly prompt?: string;
  /**
   * How many requests it hits; `Infinity` for all.
   * @default 1
   */
  readonly times?: number;
  /**
   * How many matching requests it lets pass first.
   * @default 0
   */
  readonly skip?: number;
}

/** Faults that take the place of the answer, or hold it back. */
export interface InsteadOfAnswer {
  /**
   * `'accept'`: the API does its work first (a POST creates its job, and it is paid), then the fault hits the answer.
   * Without it the API never sees the request, but after a `delay`, and where `part: 'body'` needs an answer to break.
   */
  readonly after?: 'accept';
}

/**
 * What goes wrong. Data, so that a script can be kept as JSON.
 *
 * | `type` | what the client sees |
 * |---|---|
 * | `status` | that status; `body` (a string as it is, anything else as JSON, the API's own by default), `retryAfter` and `headers` exactly as given |
 * | `redirect` | `status` (302) to `location` |
 * | `html` | a page of HTML, with `status` (200) |
 * | `reset` | the connection is reset; with `part: 'body'` it ends after half of the answer |
 * | `hang` | no answer until the client gives up or the emulator is closed; with `part: 'body'` it stops after half of the answer |
 * | `delay` | the right answer, `ms` late |
 * | `truncated` | the right answer's first half, as if it were the whole |
 * | `fields` | the right answer with these fields in place of its own; `null` stays, `undefined` takes the field out |
 * | `expire` | the job is forgotten: 404 to this poll and all later ones; a POST that is hit is still answered with 202 |
 * | `fail` | the job fails with `error`: at its time when a POST is hit, at once when a GET is |
 *
 * `fields` makes every odd answer: an undocumented status is `{ status: 'queued' }`, a completed job without a song
 * `{ status: 'completed' }`, a 202 without id `{ job_id: undefined }`, an off-origin poll path
 * `{ poll_url: 'https://elsewhere.example/jobs/1' }`.
 */
export type FaultEffect =
  | ({
      readonly type: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly retryAfter?: string | number;
      readonly headers?: Readonly<Record<string, string>>;
    } & InsteadOfAnswer)
  | ({
      readonly type: 'redirect';
      readonly location: string;
      readonly status?: 301 | 302 | 303 | 307 | 308;
    } & InsteadOfAnswer)
  | ({ readonly type: 'html'; readonly status?: number } & InsteadOfAnswer)
  | ({ readonly type: 'reset' | 'hang'; readonly part?: 'body' } & InsteadOfAnswer)
  | ({ readonly type: 'delay'; readonly ms: number } & InsteadOfAnswer)
  | { readonly type: 'truncated' }
  | { readonly type: 'fields'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly type: 'expire' }
  | { readonly type: 'fail'; readonly error?: string | null };

/**
 * A scripted fault: which requests, and what happens to them. See {@link FaultEffect} for the kinds.
 *
 * @example
 * ```ts
 * import { createEmulator, type Fault } from '@whisul-rx/emulator';
 *
 * const lostAnswer: Fault = { method: 'POST', type: 'reset', after: 'accept' };
 * const busy: Fault = { method: 'POST', times: 3, type: 'status', status: 429, retryAfter: '1.5' };
 * const emulator = createEmulator();
 * emulator.script(lostAnswer);
 * emulator.script(busy);
 * ```
 */
export type Fault = FaultMatch & FaultEffect;
