import type { Job, SubmittedJob } from '../model/job-schema.js';
import type { WhisulErrorCode } from '../model/whisul-error.js';

/**
 * What a client does, as plain JSON without the API key, for logs and metrics. `at` and `until` are epoch ms on the
 * client's scheduler, `wait` and `took` are ms, `path` is a URL's pathname, `failures` counts failures in a row from 1.
 *
 * @example
 * ```ts
 * import type { ClientEvent } from '@whisul-rx/core';
 *
 * const isTrouble = ({ type }: ClientEvent) => type === 'retry' || type === 'paused';
 * ```
 */
export type ClientEvent = { readonly at: number; readonly job_id?: string } & ClientEventBody;

/** The part of a {@link ClientEvent} that depends on its `type`. */
export type ClientEventBody =
  | { readonly type: 'request'; readonly method: 'GET' | 'POST'; readonly path: string }
  | {
      readonly type: 'response';
      readonly method: 'GET' | 'POST';
      readonly path: string;
      readonly status: number;
      readonly took: number;
    }
  | { readonly type: 'retry'; readonly wait: number; readonly code: WhisulErrorCode; readonly failures: number }
  | { readonly type: 'paused'; readonly until: number }
  | { readonly type: 'resumed' }
  | { readonly type: 'submitted'; readonly job: SubmittedJob }
  | { readonly type: 'transition'; readonly job: Job }
  | { readonly type: 'warning'; readonly message: string };
