import * as z from 'zod/mini';
import type { Board } from './board.js';
import { currentStep, type Track } from './track.js';

const phases = ['waiting', 'sending', 'submitted', 'running', 'completed', 'failed', 'problem'] as const;
const stepSchema = z.object({ phase: z.enum(phases), at: z.number() });
const savedSchema = z.array(
  z.object({
    key: z.string(),
    prompt: z.string(),
    steps: z.tuple([stepSchema], stepSchema),
    jobId: z.optional(z.string()),
    problem: z.optional(z.string()),
  }),
);

const name = 'whisul-rx playground';
/** The gateway answers for so many jobs on one connection. */
const most = 100;

/** Keeps ids, prompts and times of the tracks over a reload; the songs are asked for again. */
export function saveTracks(board: Board): void {
  const tracks = [...board.values()].slice(0, most);
  try {
    localStorage.setItem(
      name,
      JSON.stringify(tracks.map(({ key, prompt, steps, jobId, problem }) => ({ key, prompt, steps, jobId, problem }))),
    );
  } catch {
    // Storage that is full or forbidden: the page works, and forgets.
  }
}

/** What a track without a job was when the page was left: its prompt is not sent again unasked. */
function afterReload(track: Track): Track {
  const { phase } = currentStep(track);
  if (track.jobId !== undefined || phase === 'problem') return track;
  const problem =
    phase === 'waiting'
      ? 'The page was reloaded before this prompt was sent.'
      : 'The page was reloaded before the answer came. The song may have been ordered.';
  return { ...track, problem, steps: [...track.steps, { phase: 'problem', at: Date.now() }] };
}

/** The tracks that the page had when it was left. What cannot be read is forgotten. */
export function savedTracks(): Track[] {
  try {
    const parsed = savedSchema.safeParse(JSON.parse(localStorage.getItem(name) ?? '[]'));
    return parsed.success ? parsed.data.map(afterReload) : [];
  } catch {
    return [];
  }
}
