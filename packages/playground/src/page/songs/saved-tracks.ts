import * as z from 'zod/mini';
import type { Board } from './board.js';
import { currentStep, type Track } from './track.js';

const phases = ['waiting', 'sending', 'submitted', 'running', 'completed', 'failed', 'problem'] as const;
/** Times that a `Date` can hold: the timeline cannot draw others. */
const time = z.number().check(z.gte(0), z.lte(8.64e15));
const stepSchema = z.object({ phase: z.enum(phases), at: time });
const trackSchema = z.object({
  key: z.string().check(z.minLength(1)),
  prompt: z.string(),
  steps: z.tuple([stepSchema], stepSchema),
  jobId: z.optional(z.string()),
  problem: z.optional(z.string()),
});

const name = 'whisul-rx playground';
/** The gateway answers for 100 jobs on one connection, and a browser has six of them for all tabs. */
const most = 100;

/** The tracks of this browser, over reloads and in several tabs. */
export interface SavedTracks {
  /** The tracks that were there when the page was opened, as far as they can be read. */
  readonly tracks: readonly Track[];
  /**
   * Keeps ids, prompts and times; the songs are asked for again. Only what this tab has changed is written: other tabs
   * have songs of their own. Returns whether all are kept.
   */
  save(board: Board): boolean;
}

/** What a track without a job was when the page was left: its prompt is not sent again unasked. */
function afterReload(track: Track): Track {
  const { phase } = currentStep(track);
  if (track.jobId !== undefined || phase === 'problem') return track;
  const problem =
    phase === 'waiting'
      ? 'The page was reloaded before this prompt was sent.'
      : 'The page was reloaded before the answer came. The song may have been ordered; look at your account before you try again.';
  return { ...track, problem, steps: [...track.steps, { phase: 'problem', at: Date.now() }] };
}

function read(storage: Storage): Map<string, Track> {
  let saved: unknown;
  try {
    saved = JSON.parse(storage.getItem(name) ?? '[]');
  } catch {
    saved = [];
  }
  const tracks = (Array.isArray(saved) ? saved : []).flatMap((each) => {
    const parsed = trackSchema.safeParse(each);
    return parsed.success ? [parsed.data] : [];
  });
  return new Map(tracks.slice(0, most).map((track) => [track.key, track]));
}

/** Opens what this browser has kept. A browser that keeps nothing is found out by saving. */
export function openSavedTracks(storage: () => Storage): SavedTracks {
  let restored: Track[] = [];
  try {
    restored = [...read(storage()).values()].map(afterReload);
  } catch {
    // Storage that is forbidden: the page works, and `save` says that it forgets.
  }
  let synced: Board = new Map(restored.map((track) => [track.key, track]));
  return {
    tracks: restored,
    save(board) {
      try {
        const stored = read(storage());
        const kept = new Map<string, Track>();
        for (const track of board.values()) {
          const { key, prompt, steps, jobId, problem } = track;
          // What another tab has removed or moved on stays so, unless something happened to it here.
          const own = synced.get(key) === track ? stored.get(key) : { key, prompt, steps, jobId, problem };
          if (own !== undefined) kept.set(key, own);
        }
        for (const [key, track] of stored) if (!synced.has(key) && !kept.has(key)) kept.set(key, track);
        storage().setItem(name, JSON.stringify([...kept.values()].slice(0, most)));
        synced = board;
        return kept.size <= most;
      } catch {
        return false;
      }
    },
  };
}
