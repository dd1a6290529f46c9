import { fromEvent, type Observable, tap } from 'rxjs';

/** Pauses whatever else plays on the page when a song begins to play. */
export function playOne$(): Observable<Event> {
  // Events of media do not bubble; on their way down they can be seen.
  return fromEvent(document, 'play', { capture: true }).pipe(
    tap(({ target }) => {
      for (const audio of document.querySelectorAll('audio')) if (audio !== target) audio.pause();
    }),
  );
}
