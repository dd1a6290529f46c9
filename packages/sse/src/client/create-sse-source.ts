import { type JobEngine } from '@whisul-rx/core';
import { parseJobRef } from '@whisul-rx/core/adapter';
import { defer } from 'rxjs';
import { openGateway, type SseSourceOptions } from './gateway.js';
import { createJobBoard } from './job-board.js';
import { createJobLines } from './job-lines.js';
import { createSubmit } from './submit-job.js';

/**
 * Follows and starts jobs through a gateway that was made with `@whisul-rx/sse/server` or `/node`. Its streams have the
 * same guarantees as those of `createWhisul`, and need no API key. Runs wherever there is a `fetch` that streams.
 *
 * - `job$` shares connections: `jobsPerStream` jobs each. A lost connection is opened again; subscribers do not
 *   notice. When the last subscriber leaves, the request is aborted and every timer cleared. A job that this source has submitted
 *   begins with `submitted` at once; any other begins with what the gateway says.
 * - `generate$` sends its prompt once, however often it is subscribed, and again only if it provably was not accepted.
 *   Unsubscribing does not abort a POST in flight; subscribing again joins its job.
 * - `close()` errors every live stream, and every later one, with `closed`.
 *
 * Errors are `WhisulError`s with `jobId` and `lastState`. The gateway passes on the errors of its client. The source adds:
 *
 * - `unauthorized`, `not_found`, `invalid_request`: the gateway said so, or the function `headers` failed (`unauthorized`)
 * - `invalid_response`: the answer is not a stream of jobs
 * - `network`, `request_timeout`, `rate_limited`, `server_error`: after `retry.maxFailures` lost connections in a row
 * - `submit_unknown`: the prompt may have been accepted and charged
 *
 * @throws WhisulError `invalid_request` that names an option that cannot be used
 * @example
 * ```ts
 * import { createSseSource } from '@whisul-rx/sse/client';
 *
 * const source = createSseSource({ url: 'https://app.example/jobs' });
 * source.job$('81fa5ff7').subscribe((job) => console.log(job.status));
 * ```
 */
export function createSseSource(options: SseSourceOptions): JobEngine & { close(): void } {
  const gateway = openGateway(options);
  const board = createJobBoard(gateway, createJobLines(gateway));
  return {
    job$: (ref) => defer(() => board.follow$(parseJobRef(ref).id)),
    generate$: createSubmit(gateway, board),
    close: board.close,
  };
}
