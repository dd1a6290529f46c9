import { useObservable, useObservableState } from 'observable-hooks';
import { switchMap } from 'rxjs';
import { songText$ } from '../lib/song-text';

export function Song({ id, first }: { id: string; first: string }) {
  const text$ = useObservable(
    (inputs$) => inputs$.pipe(switchMap(([job]) => songText$(job))),
    [id],
  );
  // The browser begins with the text that the server has rendered; the stream goes on from there.
  const text = useObservableState(text$, first);
  return (
    <li>
      {id}: {text}
    </li>
  );
}
