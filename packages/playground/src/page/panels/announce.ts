import { bufferTime, filter, map, mergeMap, type Observable, pairwise, tap } from 'rxjs';
import type { Board } from '../songs/board.js';
import { currentStep, type Track } from '../songs/track.js';

interface News {
  readonly track: Track;
  readonly phase: 'ordered' | 'completed' | 'failed' | 'problem';
}

function newsBetween(before: Board, after: Board): News[] {
  return [...after.values()].flatMap((track): News[] => {
    const { phase } = currentStep(track);
    const known = before.get(track.key);
    if (known !== undefined && currentStep(known).phase === phase) return [];
    if (phase === 'waiting') return [{ track, phase: 'ordered' }];
    return phase === 'completed' || phase === 'failed' || phase === 'problem' ? [{ track, phase }] : [];
  });
}

function say({ track, phase }: News): string {
  const { job, prompt } = track;
  switch (phase) {
    case 'ordered':
      return `Ordered: ${prompt}.`;
    case 'completed':
      return `Ready: ${job?.status === 'completed' ? job.result.title : prompt}.`;
    case 'failed':
      return `Failed: ${prompt}.`;
    case 'problem':
      return `Problem with: ${prompt}.`;
  }
}

/** A few sentences, however much has happened: nobody wants to hear thirty titles. */
function sum(news: readonly News[]): string {
  if (news.length <= 3) return news.map(say).join(' ');
  const count = (wanted: News['phase']): number => news.filter(({ phase }) => phase === wanted).length;
  const parts = [
    [count('ordered'), 'ordered'],
    [count('completed'), 'ready'],
    [count('failed'), 'failed'],
    [count('problem'), 'with a problem'],
  ] as const;
  return parts
    .filter(([many]) => many > 0)
    .map(([many, word]) => `${many} songs ${word}.`)
    .join(' ');
}

/** Tells screen readers what happens, at most once in two seconds. */
export function announce$(region: HTMLElement, board$: Observable<Board>): Observable<unknown> {
  return board$.pipe(
    pairwise(),
    mergeMap(([before, after]) => newsBetween(before, after)),
    bufferTime(2_000),
    filter((news) => news.length > 0),
    map(sum),
    tap((text) => {
      region.textContent = text;
    }),
  );
}
