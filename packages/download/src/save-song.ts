import { type CompletedJob, jobSchema, type RetryPolicy, WhisulError } from '@whisul-rx/core';
import {
  badOption,
  functionOption,
  numberOption,
  objectOption,
  optionNames,
  resolveRetryPolicy,
} from '@whisul-rx/core/adapter';
import { concat, defer, type Observable } from 'rxjs';
import { saveFile$, type SaveSettings } from './save-file.js';
import type { SaveProgress } from './save-progress.js';

/** How a song is saved; every field has a default. */
export interface SaveOptions {
  /** Sends the requests. It never gets the API key. @defaultValue the platform's `fetch` */
  readonly fetch?: typeof globalThis.fetch;
  /** The longest file that is saved, in bytes, at least 1. @defaultValue 1_073_741_824, 1 GiB */
  readonly maxBytes?: number;
  /** How failed requests and broken transfers are tried again. @defaultValue as in `createWhisul` */
  readonly retry?: Partial<RetryPolicy>;
  /** Ms without a byte after which a transfer counts as broken, at least 1. @defaultValue 30_000 */
  readonly silence?: number;
}

/**
 * Saves a finished song and then its cover. Each file is written under a name that ends in `.part`, compared with the
 * length that the server announced, and renamed when it is whole. A file of this job that is already in the folder is
 * not fetched again. Before a file is fetched, `.part` files that killed processes left in the folder are removed.
 *
 * The names are `Title [job id].mp3` and `.png`, with the URLs' own endings if they are those of sounds and pictures.
 * They work on Linux, macOS and Windows, and no two jobs share one.
 *
 * @param job - the state `completed` of a job
 * @param folder - the path of the folder; it is made if it is not there
 * @returns cold: progress of the song, then of the cover, each with a last event that is `done`. Errors with a
 * `WhisulError` that has `jobId`: `invalid_request` when an option, the job or the folder cannot be used (the disk is
 * full, for example); `invalid_response` for a file that is longer than `maxBytes`, empty, or HTML, JSON or XML; otherwise
 * with the code of the last failure. What was saved before stays. Unsubscribing aborts and removes the unfinished file.
 * @example
 * ```ts
 * import { createWhisul, isTerminal } from '@whisul-rx/core';
 * import { saveSong } from '@whisul-rx/download';
 * import { EMPTY, switchMap } from 'rxjs';
 *
 * createWhisul()
 *   .generate$('rain on a tin roof')
 *   .pipe(switchMap((job) => (job.status === 'completed' ? saveSong(job, 'songs') : EMPTY)))
 *   .subscribe(({ path, done }) => done && console.log(path));
 * ```
 */
export function saveSong(job: CompletedJob, folder: string, options: SaveOptions = {}): Observable<SaveProgress> {
  return defer(() => {
    const settings = readOptions(options);
    const checked = readCompleted(job);
    if (typeof folder !== 'string' || folder === '') throw badOption('folder', 'the path of a folder');
    return concat(saveFile$(checked, 'song', folder, settings), saveFile$(checked, 'cover', folder, settings));
  });
}

function readOptions(options: SaveOptions): SaveSettings {
  objectOption('options', options);
  optionNames(options, { fetch: 1, maxBytes: 1, retry: 1, silence: 1 });
  return {
    fetch: functionOption('fetch', options.fetch) ?? ((input, init) => globalThis.fetch(input, init)),
    maxBytes: numberOption('maxBytes', options.maxBytes, 2 ** 30, 1),
    silence: numberOption('silence', options.silence, 30_000, 1, 2 ** 31 - 1),
    policy: resolveRetryPolicy(options.retry),
  };
}

function readCompleted(job: CompletedJob): CompletedJob {
  const { data } = jobSchema.safeParse(job);
  if (data?.status === 'completed') return data;
  throw new WhisulError(
    'invalid_request',
    'Only a completed job has a song to save: pass the job that `completed` came with.',
  );
}
