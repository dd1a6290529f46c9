import { planSong } from '../media/plan-song.js';
import { pick, randomUuid, seededRandom } from '../media/seeded-random.js';

/**
 * A job the emulator accepted. What the API says of it depends on this and on the clock, on nothing else.
 * All times are epoch ms of the emulator's `now`.
 */
export interface EmulatedJob {
  /** Shaped like a UUID; the n-th job of a prompt has the same id in every emulator of the same seed. */
  readonly job_id: string;
  readonly prompt: string;
  readonly createdAt: number;
  /** From this moment on the job is what `outcome` says; `Infinity` never comes. */
  readonly finishesAt: number;
  readonly outcome: 'completed' | 'failed';
  /** What a failed job says; the API allows `null` even there. */
  readonly error: string | null;
  /** How this job's answer writes `duration`: a number of seconds, or `"m:ss"`. The two take turns. */
  readonly durationForm: 'seconds' | 'm:ss';
  /** The API has forgotten the job: 404 from now on. */
  readonly expired: boolean;
}

/** The emulator's own hold on a job: faults change its fate. */
export type MutableJob = { -readonly [Field in keyof EmulatedJob]: EmulatedJob[Field] };

const failures = [
  'Generation failed due to an internal error.',
  'The model could not make a song from this prompt.',
  'Generation was stopped by the content filter.',
] as const;

export interface JobMaker {
  readonly seed: number;
  readonly jobDuration: readonly [min: number, max: number];
  readonly failureRate: number;
}

/** Plans a job's whole life at once. `repeat` counts earlier jobs of this prompt, `index` earlier jobs of all. */
export function planJob(
  maker: JobMaker,
  { prompt, repeat, index, now }: { prompt: string; repeat: number; index: number; now: number },
): MutableJob {
  const random = seededRandom('job', maker.seed, prompt, repeat);
  const [min, max] = maker.jobDuration;
  // Infinity - Infinity is no number.
  const spread = min === max ? 0 : max - min;
  const job_id = randomUuid(random);
  const finishesAt = now + Math.round(min + random() * spread);
  const failed = random() < maker.failureRate;
  return {
    job_id,
    prompt,
    createdAt: now,
    finishesAt,
    outcome: failed ? 'failed' : 'completed',
    error: failed ? pick(random, failures) : null,
    durationForm: index % 2 === 0 ? 'seconds' : 'm:ss',
    expired: false,
  };
}

/** `YYYY-MM-DD HH:MM:SS` in UTC, with no zone written: the API's way. */
function timestamp(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

/** The body of `GET /jobs/{id}` at a moment; `origin` is where its files are served. */
export function jobBody(job: EmulatedJob, { now, origin, seed }: { now: number; origin: string; seed: number }) {
  const { prompt } = job;
  const started_at = timestamp(job.createdAt);
  if (now < job.finishesAt) return { status: 'running', prompt, result: null, error: null, started_at };
  const finished_at = timestamp(job.finishesAt);
  if (job.outcome === 'failed') {
    return { status: 'failed', prompt, result: null, error: job.error, started_at, finished_at };
  }
  const { title, bpm, seconds, tags } = planSong(prompt, seed);
  const duration =
    job.durationForm === 'seconds' ? seconds : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const song_url = `${origin}/songs/${job.job_id}.wav`;
  const image_url = `${origin}/art/${job.job_id}.png`;
  const result = { title, bpm, duration, song_url, image_url, tags };
  return { status: 'completed', prompt, result, error: null, started_at, finished_at };
}
