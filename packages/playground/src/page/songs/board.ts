import type { JobState } from '@whisul-rx/core';
import type { Change } from './change.js';
import { currentStep, type Phase, type Track } from './track.js';

/** All tracks of the page by key, in the order of their cards: the latest order first. */
export type Board = ReadonlyMap<string, Track>;

/** When a job reached its state: what the API says, if the news is late because nobody was connected. */
function reachedAt(job: JobState, now: number): number {
  const finished = 'finished_at' in job && job.finished_at ? Date.parse(job.finished_at) : now;
  // The API gives whole seconds; for news that is fresh the own clock is better.
  return now - finished > 3_000 ? finished : now;
}

function advance(track: Track, phase: Phase, at: number, news: Partial<Track> = {}): Track {
  const last = currentStep(track);
  if (last.phase === phase) return { ...track, ...news };
  return { ...track, ...news, steps: [...track.steps, { phase, at: Math.max(at, last.at) }] };
}

/** The board after a change at a moment (epoch ms). A change of a track that is gone changes nothing. */
export function applyChange(board: Board, change: Change, now: number): Board {
  const withTrack = (key: string, update: (track: Track) => Track): Board => {
    const track = board.get(key);
    return track === undefined ? board : new Map(board).set(key, update(track));
  };
  switch (change.type) {
    case 'ordered': {
      const added = new Map<string, Track>();
      const changed = new Map(board);
      for (const { key, prompt } of change.orders) {
        const known = board.get(key);
        if (known === undefined) added.set(key, { key, prompt, steps: [{ phase: 'waiting', at: now }] });
        else changed.set(key, advance({ key, prompt, steps: known.steps }, 'waiting', now));
      }
      return new Map([...added, ...changed]);
    }
    case 'restored':
      return new Map([...change.tracks.map((track): [string, Track] => [track.key, track]), ...board]);
    case 'sending':
      return withTrack(change.key, (track) => advance(track, 'sending', now));
    case 'state': {
      const { job } = change;
      return withTrack(change.key, (track) =>
        advance(track, job.status, reachedAt(job, now), { job, jobId: job.job_id, problem: undefined }),
      );
    }
    case 'problem':
      return withTrack(change.key, (track) => advance(track, 'problem', now, { problem: change.problem }));
    case 'followed': {
      const { news, jobId } = change;
      return board.get(news.key)?.jobId === jobId ? applyChange(board, news, now) : board;
    }
    case 'forgotten':
      return applyChange(board, { type: 'removed', keys: [change.key] }, now);
    case 'removed': {
      const gone = new Set(change.keys);
      return new Map([...board].filter(([key]) => !gone.has(key)));
    }
    case 'progress':
      return board;
  }
}
