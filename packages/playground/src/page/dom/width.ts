import { distinctUntilChanged, Observable } from 'rxjs';

/** The width of an element's content in CSS pixels, now and whenever it changes. */
export function width$(target: Element): Observable<number> {
  return new Observable<number>((subscriber) => {
    const observer = new ResizeObserver((entries) => {
      const [entry] = entries;
      if (entry !== undefined) subscriber.next(Math.floor(entry.contentRect.width));
    });
    observer.observe(target);
    return () => observer.disconnect();
  }).pipe(distinctUntilChanged());
}
