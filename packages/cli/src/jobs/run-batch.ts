import type { BatchEvent, BatchInput, BatchOptions, Whisul } from '@whisul-rx/core';
import type { Observable } from 'rxjs';

/** `batch$` that stops without loss when the signal aborts. */
export function runBatch$(
  whisul: Whisul,
  requests: BatchInput,
  options: BatchOptions & { readonly signal: AbortSignal },
): Observable<BatchEvent> {
  return whisul.batch$(requests, options);
}
