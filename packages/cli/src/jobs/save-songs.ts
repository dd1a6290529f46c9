import { type BatchEvent, type CompletedJob, isWhisulError, WhisulError } from '@whisul-rx/core';
import { abort$ } from '@whisul-rx/core/adapter';
import { type SaveOptions, saveSong } from '@whisul-rx/download';
import {
  catchError,
  concat,
  connect,
  defer,
  EMPTY,
  mergeMap,
  type Observable,
  of,
  type OperatorFunction,
  takeUntil,
  tap,
  throwError,
  merge,
} from 'rxjs';
import type { Happening } from './happening.js';

/** Songs that are saved at the same time: the files are small, and the jobs go on meanwhile. */
const atOnce = 4;

/**
 * Saves each song as soon as it is completed, while the other jobs go on. What ends the jobs' stream with an error waits
 * for the songs that are being saved.
 *
 * @param folder - where to; without one nothing is saved
 * @param signal - stops saving at once, and leaves no half file
 */
export function saveSongs(
  folder: string | undefined,
  signal: AbortSignal,
  options: SaveOptions = {},
): OperatorFunction<BatchEvent, Happening> {
  return (events$) =>
    defer(() => {
      let failure: { error: unknown } | undefined;
      const untilFailure$ = events$.pipe(
        catchError((error: unknown) => {
          failure = { error };
          return EMPTY;
        }),
      );
      const happenings$: Observable<Happening> =
        folder === undefined
          ? untilFailure$
          : untilFailure$.pipe(
              connect((shared$) =>
                merge<Happening[]>(
                  shared$,
                  shared$.pipe(
                    mergeMap((event) => {
                      if (event.type !== 'state' || event.job.status !== 'completed') return EMPTY;
                      return save$(event, event.job, { folder, options });
                    }, atOnce),
                    takeUntil(abort$(signal)),
                  ),
                ),
              ),
            );
      return concat(
        happenings$,
        defer(() => {
          const { error } = failure ?? {};
          return failure === undefined ? EMPTY : throwError(() => error);
        }),
      );
    });
}

function save$(
  event: BatchEvent,
  job: CompletedJob,
  { folder, options }: { folder: string; options: SaveOptions },
): Observable<Happening> {
  const { index, key } = event;
  return defer(() => {
    const files: Extract<Happening, { type: 'saved' }>['files'] = [];
    const progress$ = saveSong(job, folder, options).pipe(
      tap(({ file, path, done }) => done && files.push({ file, path })),
      mergeMap((progress): Happening[] => [{ type: 'saving', index, key, progress }]),
    );
    return concat(progress$, of<Happening>({ type: 'saved', index, key, files }));
  }).pipe(
    catchError((cause: unknown) => {
      const error = isWhisulError(cause) ? cause : new WhisulError('engine', String(cause), { cause });
      return of<Happening>({ type: 'unsaved', index, key, error });
    }),
  );
}

/** Whether a song could not be saved for a reason that the next one will have, too: a disk that is full, for example. */
export function isDiskFailure(error: WhisulError): boolean {
  return error.code === 'invalid_request' && error.cause instanceof Error;
}
