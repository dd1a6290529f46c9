import type { JobEngine } from '@whisul-rx/core';
import { EMPTY, filter, mergeMap, type Observable, of, type OperatorFunction, tap } from 'rxjs';
import type { Action } from './action.js';
import type { Change, Order } from './change.js';
import { orderSongs$ } from './order-songs.js';
import { followTrack$ } from './resume-tracks.js';

/** What actions need. */
export interface Means {
  readonly engine: JobEngine;
  /** Emits once if the server answers, errors if it does not. */
  readonly reach$: Observable<unknown>;
  /** Asks the user whether to pay for so many songs. */
  confirm$(songs: number): Observable<boolean>;
}

function order$(means: Means, orders: readonly Order[], atOnce: number, undo = (): void => {}): Observable<Change> {
  return means.confirm$(orders.length).pipe(
    tap((confirmed) => {
      if (!confirmed) undo();
    }),
    filter(Boolean),
    mergeMap(() => orderSongs$(means.engine, orders, { atOnce, reach$: means.reach$ })),
  );
}

function perform$(means: Means, action: Action): Observable<Change> {
  switch (action.type) {
    case 'order': {
      const orders = action.prompts.map((prompt) => ({ key: crypto.randomUUID(), prompt }));
      return order$(means, orders, action.atOnce, action.undo);
    }
    case 'again':
      return order$(means, [{ key: action.track.key, prompt: action.track.prompt }], 1);
    case 'follow':
      return followTrack$(means.engine, action.track);
    case 'remove':
      return action.keys.length === 0 ? EMPTY : of({ type: 'removed', keys: action.keys });
  }
}

/** Turns what the user asks for into what happens. Actions do not wait for each other. */
export function performActions(means: Means): OperatorFunction<Action, Change> {
  return mergeMap((action) => perform$(means, action));
}
