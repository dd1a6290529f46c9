import { parsePrompt } from '@whisul-rx/core/adapter';
import { WhisulError, type JobState } from '@whisul-rx/core';
import * as rx from 'rxjs';
import { reconnecting, type WireHabits } from './tiny-wire.js';

/** A wire that breaks a law: what is wrong with it, a part of the law's name, how it takes losses, the law's patience. */
export type WireBreach = [breach: string, law: string, habits: Partial<WireHabits>, patience?: number];

/** Subscribes again like {@link reconnecting}, and does something else to each stream after the first loss. */
const afterLoss = (change: (state$: rx.Observable<JobState>) => rx.Observable<JobState>): Partial<WireHabits> => ({
  again: (overWire) => {
    let attempt = 0;
    return reconnecting(() => (attempt++ === 0 ? overWire() : change(overWire())));
  },
});

/** Subscribes again for itself: its subscriber leaving does not end it, only an emulator that is closed does. */
function orphan(overWire: () => rx.Observable<JobState>): rx.Observable<JobState> {
  const states$ = new rx.ReplaySubject<JobState>(1);
  reconnecting(overWire).subscribe(states$);
  return states$;
}

/** Wires that the contract must refuse, each with the law that does. */
export const brokenWires: WireBreach[] = [
  ['reports a cut', 'cuts in the middle', { again: (overWire) => rx.defer(overWire) }],
  [
    'completes when it is cut',
    'cuts in the middle',
    { again: (overWire) => rx.defer(overWire).pipe(rx.catchError(() => rx.EMPTY)) },
  ],
  [
    'repeats the state after a cut',
    'cuts in the middle',
    { again: (overWire) => rx.defer(overWire).pipe(rx.retry({ delay: 1 })) },
  ],
  ['never connects again', 'cuts in the middle', afterLoss(() => rx.NEVER)],
  ['needs a first state before it connects again', 'before the first state', afterLoss(() => rx.NEVER)],
  [
    'misses the end of a job that ends during a cut',
    'ends while the connection is cut',
    afterLoss(rx.filter(({ status }) => status === 'running')),
  ],
  [
    'connects again only once for all jobs',
    'of many jobs',
    (() => {
      let attempts = 0;
      return afterLoss((state$) => (attempts++ === 0 ? state$ : rx.NEVER));
    })(),
  ],
  [
    'forgets after a cut which state was the last',
    'comes after a cut',
    afterLoss(
      rx.catchError((error: unknown) =>
        rx.throwError(() => {
          const { code, jobId } = error instanceof WhisulError ? error : new WhisulError('engine', String(error));
          return new WhisulError(code, 'Something broke.', { jobId });
        }),
      ),
    ),
  ],
  [
    'connects again for a subscriber that has left',
    'leaves while the connection is cut',
    {
      again: (overWire) =>
        rx.defer(overWire).pipe(
          rx.catchError(() => orphan(overWire)),
          rx.distinctUntilKeyChanged('status'),
        ),
    },
  ],
  [
    'drops the state that follows while a subscriber is slow',
    'a slow subscriber',
    {
      again: (overWire) =>
        new rx.Observable((subscriber) => {
          let slow = false;
          return reconnecting(overWire).subscribe({
            next(state) {
              if (slow) return;
              const began = performance.now();
              subscriber.next(state);
              slow = performance.now() - began > 10;
            },
            error: (error: unknown) => subscriber.error(error),
            complete: () => subscriber.complete(),
          });
        }),
    },
  ],
];

/** Engines over a wire that the contract must refuse, each with the law that does. */
export const brokenWireEngines: WireBreach[] = [
  ['sends a POST again whose connection was cut', 'whose connection is cut', { lostPost: (_, post) => post() }],
  [
    'calls a POST whose connection was cut refused',
    'whose connection is cut',
    {
      lostPost: (request) =>
        rx.throwError(() => new WhisulError('network', 'Nothing was sent.', { prompt: parsePrompt(request) })),
    },
  ],
  ['never connects again after the receipt', 'a cut after the receipt', afterLoss(() => rx.NEVER)],
];
