import { filter, finalize, from, map, mergeMap, type Observable, type OperatorFunction, scan, takeUntil } from 'rxjs';
import type { Board } from '../songs/board.js';
import { type CardContext, createCard } from './card.js';

/** The keys that a board has and the one before had not, in order. */
function newKeys(): OperatorFunction<Board, string[]> {
  return (boards$) =>
    boards$.pipe(
      scan(
        ({ known }, board) => ({
          known: new Set(board.keys()),
          added: [...board.keys()].filter((key) => !known.has(key)),
        }),
        { known: new Set<string>(), added: new Array<string>() },
      ),
      map(({ added }) => added),
      filter((added) => added.length > 0),
    );
}

/**
 * Keeps one card for each track in a list, while it is subscribed. The focus of a card that leaves goes to the next
 * one, or to the list.
 *
 * @param board$ - replays the latest board
 */
export function keepCards$(list: HTMLElement, board$: Observable<Board>, context: CardContext): Observable<unknown> {
  const leave = (view: HTMLElement): void => {
    const focused = view.contains(document.activeElement);
    const next = (view.nextElementSibling ?? view.previousElementSibling)?.querySelector('h3');
    view.remove();
    if (focused) (next ?? list).focus();
  };
  const keepCard$ = (key: string, place: (view: HTMLElement) => void): Observable<unknown> => {
    const track$ = board$.pipe(
      map((board) => board.get(key)),
      filter((track) => track !== undefined),
    );
    const { view, run$ } = createCard(track$, context);
    place(view);
    return run$.pipe(
      takeUntil(board$.pipe(filter((board) => !board.has(key)))),
      finalize(() => leave(view)),
    );
  };
  return board$.pipe(
    newKeys(),
    mergeMap((keys) => {
      const [first] = list.children;
      return from(keys).pipe(mergeMap((key) => keepCard$(key, (view) => list.insertBefore(view, first ?? null))));
    }),
  );
}
