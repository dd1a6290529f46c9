import type { JobEngine } from '@whisul-rx/core';
import type { Emulator } from '@whisul-rx/emulator';
import type { Observable } from 'rxjs';
import { requestTimeout } from '../src/contract/try-law.js';

export const baseUrl = 'http://emulator.local/api';

/** Makes an engine that obeys the contract into one that does not. What it leaves running ends with `closed$`. */
export type Break<Subject> = (engine: JobEngine, fetch: Emulator['fetch'], closed$: Observable<void>) => Subject;

/** What is wrong with it, a part of the name of the law that must refuse it, and how long (ms) that law is patient. */
export type Breach<Subject> = [breach: string, law: string, breakIt: Break<Subject>, patience?: number];

/** A fetch that ends a request only when its timeout would have, counted from the moment when nobody wants it any more. */
export function withLateAborts(fetch: Emulator['fetch']): Emulator['fetch'] {
  return (url, init) => {
    const late = new AbortController();
    init?.signal?.addEventListener('abort', () => setTimeout(() => late.abort(), requestTimeout));
    return fetch(url, { ...init, signal: late.signal });
  };
}
