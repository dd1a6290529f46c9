import { Observable } from 'rxjs';

/** Emits once, when an element is about to be scrolled into view, and completes. */
export function seen$(target: Element): Observable<void> {
  return new Observable((subscriber) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        subscriber.next();
        subscriber.complete();
      },
      { rootMargin: '200px' },
    );
    observer.observe(target);
    return () => observer.disconnect();
  });
}
