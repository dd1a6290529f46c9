import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompletedJob, RetryPolicy } from '@whisul-rx/core';
import { isTransient, longTimer$, retryWait } from '@whisul-rx/core/adapter';
import { isWhisulError } from '@whisul-rx/core';
import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  finalize,
  ignoreElements,
  map,
  type Observable,
  of,
  retry,
  switchMap,
  tap,
  throwError,
} from 'rxjs';
import { clearStaleParts } from './clear-stale-parts.js';
import { fileName } from './file-name.js';
import { PartFile } from './part-file.js';
import { saveErrors } from './save-error.js';
import type { SaveProgress } from './save-progress.js';
import { FinalFailure, onDisk, type Transfer, transfer$ } from './transfer.js';

/** `SaveOptions` with nothing left open. */
export interface SaveSettings {
  readonly fetch: typeof globalThis.fetch;
  readonly maxBytes: number;
  readonly silence: number;
  readonly policy: RetryPolicy;
}

/** Saves one file of a song. A file that is there already is whole, since only whole files get their names. */
export function saveFile$(
  job: CompletedJob,
  file: SaveProgress['file'],
  folder: string,
  settings: SaveSettings,
): Observable<SaveProgress> {
  const errors = saveErrors(job, file);
  const path = join(folder, fileName(job, file));
  const url = file === 'song' ? job.result.song_url : job.result.image_url;
  const progress = (received: number, total: number | null, done: boolean) => ({ file, path, received, total, done });

  const download$ = defer(() => {
    const part = new PartFile(path);
    const known = { received: 0, total: null, validator: undefined };
    const transfer: Transfer = { url, part, errors, ...settings, ...known };
    const bytes$ = transfer$(transfer).pipe(
      again(settings.policy),
      map(({ received, total }) => progress(received, total, false)),
    );
    const kept$ = defer(async () => {
      await onDisk({ errors }, part.keep());
      return progress(transfer.received, transfer.received, true);
    });
    // A process that is killed leaves its part files; this is when another one comes by.
    const cleared$ = defer(() => clearStaleParts(folder)).pipe(ignoreElements());
    return concat(cleared$, bytes$, kept$).pipe(
      // Before the subscriber hears of the failure.
      catchError(async (error: unknown) => {
        await part.discard();
        throw error;
      }),
      finalize(() => void part.discard()),
    );
  });

  return defer(() => onDisk({ errors }, savedSize(path, folder))).pipe(
    switchMap((size) => (size === undefined ? download$ : of(progress(size, size, true)))),
    catchError((error: unknown) => throwError(() => (error instanceof FinalFailure ? error.error : error))),
  );
}

async function savedSize(path: string, folder: string): Promise<number | undefined> {
  await mkdir(folder, { recursive: true });
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new Error(`${path} is there and is no file`);
    return found.size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Tries again by the policy. Failures count in a row: bytes that no earlier try had reached begin the count anew. */
function again(policy: RetryPolicy) {
  return (tries$: Observable<Transfer>): Observable<Transfer> =>
    defer(() => {
      let failures = 0;
      let furthest = 0;
      return tries$.pipe(
        tap(({ received }) => {
          if (received > furthest) failures = 0;
          furthest = Math.max(furthest, received);
        }),
        retry({
          delay: (error: unknown) => {
            failures += 1;
            const retryAfter = isWhisulError(error) ? (error.retryAfter ?? 0) : 0;
            const final = !isTransient(error) || failures >= policy.maxFailures || retryAfter > policy.maxRetryAfter;
            if (final) return throwError(() => error);
            return longTimer$(retryWait(policy, failures, Math.random, retryAfter), asyncScheduler);
          },
        }),
      );
    });
}
