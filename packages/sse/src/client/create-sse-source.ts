import { type JobEngine } from '@whisul-rx/core';
import { parseJobRef } from '@whisul-rx/core/adapter';
import { defer } from 'rxjs';
import { openGateway, type SseSourceOptions } from './gateway.js';
import { createJobBoard } from './job-board.js';
import { createJobLines } from './job-lines.js';
import { createSubmit } from './submit-job.js';

/**
 * Follows and starts jobs behind a gateway made with `@whisul-rx/sse/server` or `/node`: the same streams, with the
 * same guarantees, as those of a client next to the API, but without its key. Runs wherever there is a `fetch` that streams.
 *
 * - `job$` shares connections: `jobsPerStream` jobs each. A lost connection is opened again, unnoticed by subscribers.
 *   Unsubscribing the last subscriber aborts the request and clears every timer. A job that this source has submitted
 *   begins with `submitted` at once; any other begins with what the gateway says.
 * - `generate$` sends its prompt once, however often it is subscribed, and again only if it provably was not accepted.
 *   Unsubscribing does not abort a POST in flight; subscribing again joins its job.
 * - `close()` errors every live stream, and every later one, with `closed`.
 *
 * Errors are `WhisulError`s with `jobId` and `lastState`. Beside those the gateway passes on: `unauthorized` (also when
 * `headers` fails), `not_found`, `invalid_request`, `invalid_response` (an answer that is no stream of jobs), and after
 * `retry.maxFailures` lost connections in a row `network`, `request_timeout`, `rate_limited` or `server_error`;
 * for a prompt that may have been accepted `submit_unknown`.
 *
 * @throws WhisulError `invalid_request` that names the option, where one cannot be used
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
