import { isWhisulError, type WhisulError } from '@whisul-rx/core';
import { catchError, lastValueFrom, type Observable, of } from 'rxjs';

/** The error that a stream ends with. */
export async function errorOf(stream$: Observable<unknown>): Promise<WhisulError> {
  const end = await lastValueFrom(stream$.pipe(catchError((error: unknown) => of(error))));
  if (!isWhisulError(end)) throw new Error(`This is no error: ${JSON.stringify(end)}`);
  return end;
}
