import {
  asyncScheduler,
  debounce,
  distinctUntilChanged,
  map,
  type Observable,
  of,
  ReplaySubject,
  type SchedulerLike,
  scan,
  share,
  skipWhile,
  startWith,
  Subject,
  switchMap,
  timer,
} from 'rxjs';

type LinkEvent = 'opened' | 'left' | 'ended' | 'failed';

/** A fetch that notes how its streams fare. */
export interface Connection {
  readonly fetch: typeof globalThis.fetch;
  /** Whether the server answers: `false` after a stream ended or a request failed, until a stream is open again. */
  readonly up$: Observable<boolean>;
}

/** The body, with news of how it ends: `ended` by the server or the network, `left` by this side. */
function watchBody(body: ReadableStream<Uint8Array>, notify: (event: LinkEvent) => void, signal?: AbortSignal | null) {
  const reader = body.getReader();
  let over = false;
  /** To leave ends a read that is under way, too: only what came first counts. */
  const finish = (event: LinkEvent): void => {
    if (!over) notify(event);
    over = true;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) controller.enqueue(value);
        else {
          finish('ended');
          controller.close();
        }
      } catch (error) {
        finish(signal?.aborted ? 'left' : 'ended');
        controller.error(error);
      }
    },
    async cancel(reason) {
      finish('left');
      await reader.cancel(reason);
    },
  });
}

/** Watches the streams of a page through the `fetch` that opens them. */
export function watchConnection(fetch: typeof globalThis.fetch): Connection {
  const events = new Subject<LinkEvent>();
  const notify = (event: LinkEvent): void => {
    events.next(event);
  };
  const up$ = events.pipe(
    scan(
      ({ open, up }, event) => {
        const left = open + { opened: 1, left: -1, ended: -1, failed: 0 }[event];
        // While another stream is open the server is there.
        return { open: left, up: event === 'left' ? up : left > 0 };
      },
      { open: 0, up: true },
    ),
    map(({ up }) => up),
    startWith(true),
    distinctUntilChanged(),
    share({ connector: () => new ReplaySubject<boolean>(1), resetOnRefCountZero: false }),
  );
  return {
    up$,
    async fetch(input, init) {
      try {
        const response = await fetch(input, init);
        const type = response.headers.get('content-type') ?? '';
        if (!response.ok || response.body === null || !type.startsWith('text/event-stream')) return response;
        notify('opened');
        return new Response(watchBody(response.body, notify, init?.signal), response);
      } catch (error) {
        if (!init?.signal?.aborted) notify('failed');
        throw error;
      }
    },
  };
}

/** Opening a stream anew takes a moment, also where all is well. */
const patience = 700;

/**
 * Whether the user should know that the connection is lost: while songs are awaited and the server is not there.
 *
 * @param awaited$ - whether there are songs that are not finished
 */
export function connectionLost$(
  up$: Observable<boolean>,
  awaited$: Observable<boolean>,
  scheduler: SchedulerLike = asyncScheduler,
): Observable<boolean> {
  return awaited$.pipe(
    distinctUntilChanged(),
    // A stream whose jobs have all finished ends as well: that says nothing about the next one.
    switchMap((awaited) =>
      awaited
        ? up$.pipe(
            skipWhile((up) => !up),
            map((up) => !up),
          )
        : of(false),
    ),
    debounce((lost) => (lost ? timer(patience, scheduler) : of(lost))),
    distinctUntilChanged(),
  );
}
