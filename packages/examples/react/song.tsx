import { useObservable, useObservableState } from 'observable-hooks';
import { switchMap } from 'rxjs';
import { songText$ } from '../song-text.js';

export function Song({ id }: { id: string }) {
  // useObservable keeps one Observable from render to render; a new one each time would subscribe again.
  const text$ = useObservable(
    (inputs$) => inputs$.pipe(switchMap(([job]) => songText$(job))),
    [id],
  );
  const text = useObservableState(text$, 'waiting');
  return (
    <li>
      {id}: {text}
    </li>
  );
}
