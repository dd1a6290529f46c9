import { isWhisulError } from '@whisul-rx/core';
import { createSseSource } from '@whisul-rx/sse/client';
import { catchError, map, of, type Observable } from 'rxjs';

// One source for the whole app: jobs on it share a connection.
// It connects only while something is subscribed, so a server may load this file too.
const source = createSseSource({ url: '/api/jobs' });

/** What the page says of a job. A failure is a text like any other, so no component breaks. */
export function songText$(id: string): Observable<string> {
  return source.job$(id).pipe(
    map((job) => job.status),
    catchError((error: unknown) =>
      of(isWhisulError(error) ? error.message : 'Something went wrong.'),
    ),
  );
}
