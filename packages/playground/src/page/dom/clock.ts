import { defer, fromEvent, map, type Observable, share, startWith, switchMap, timer } from 'rxjs';

/** Whether the user wants little to move, now and whenever that changes. */
export const calm$: Observable<boolean> = defer(() => {
  const query = matchMedia('(prefers-reduced-motion: reduce)');
  return fromEvent(query, 'change').pipe(
    startWith(undefined),
    map(() => query.matches),
  );
});

/** The time in epoch ms: ten times a second, or once a second where little should move. One timer for all subscribers. */
export const clock$: Observable<number> = calm$.pipe(
  switchMap((calm) => timer(0, calm ? 1_000 : 100)),
  map(() => Date.now()),
  share(),
);
