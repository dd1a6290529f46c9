import * as z from 'zod/mini';
import { isWebUrl, normalizeJob, toSeconds } from './normalize-job.js';

const webUrl = z.string().check(z.refine(isWebUrl, 'must be an http or https URL'));

const looseSong = z.looseObject({
  title: z.string(),
  bpm: z.number(),
  duration: z.pipe(z.transform(toSeconds), z.number().check(z.nonnegative())),
  song_url: webUrl,
  image_url: webUrl,
  tags: z.string(),
});

const jobFields = {
  job_id: z.string().check(z.minLength(1)),
  prompt: z.string(),
  started_at: z.exactOptional(z.string()),
};
const runningSchema = z.looseObject({
  status: z.literal('running'),
  ...jobFields,
  result: z.null(),
  error: z.null(),
  reported_status: z.exactOptional(z.string()),
});
const completedSchema = z.looseObject({
  status: z.literal('completed'),
  ...jobFields,
  result: looseSong,
  error: z.null(),
  finished_at: z.exactOptional(z.string()),
});
const failedSchema = z.looseObject({
  status: z.literal('failed'),
  ...jobFields,
  result: z.null(),
  error: z.string(),
  finished_at: z.exactOptional(z.string()),
});

const looseJob = z.pipe(
  z.transform(normalizeJob),
  z.discriminatedUnion('status', [runningSchema, completedSchema, failedSchema]),
);

const submittedSchema = z.looseObject({
  status: z.literal('submitted'),
  job_id: jobFields.job_id,
  prompt: z.string(),
  poll_url: z.string(),
  submitted_at: z.string(),
});

const looseState = z.union([submittedSchema, looseJob]);

/**
 * The fields that are documented. What else the API sends is kept at run time, but is not in the types: with an index
 * signature `job.jobId` would compile.
 */
type Documented<T> = T extends object
  ? { [Field in keyof T as string extends Field ? never : Field]: Documented<T[Field]> }
  : T;

/**
 * A finished song: what a {@link CompletedJob} carries as `result`. `duration` is in seconds.
 *
 * @useDeclaredType
 */
export type Song = Documented<z.infer<typeof looseSong>>;
/**
 * Any state of a job, discriminated by `status`.
 *
 * @useDeclaredType
 */
export type JobState = Documented<z.infer<typeof looseState>>;
/**
 * A job as its status endpoint reports it, discriminated by `status`.
 *
 * @useDeclaredType
 */
export type Job = Documented<z.infer<typeof looseJob>>;
/**
 * The API accepted the prompt and gave the job its id. The client has not polled it yet.
 *
 * @useDeclaredType
 */
export type SubmittedJob = Extract<JobState, { status: 'submitted' }>;
/**
 * The song is being made. `reported_status` is there only if the API reported a status that it does not document.
 *
 * @useDeclaredType
 */
export type RunningJob = Extract<Job, { status: 'running' }>;
/**
 * The song is ready. Terminal.
 *
 * @useDeclaredType
 */
export type CompletedJob = Extract<Job, { status: 'completed' }>;
/**
 * No song was made; `error` says why. Terminal. Submitting the prompt again is a new, paid job.
 *
 * @useDeclaredType
 */
export type FailedJob = Extract<Job, { status: 'failed' }>;

/**
 * A finished song, checked and made safe. Unknown fields are kept.
 * `duration` comes out in seconds, whether the API wrote `183` or `"3:03"` (its guide and its reference differ).
 *
 * @example
 * ```ts
 * import { songSchema, type Song } from '@whisul-rx/core';
 *
 * const read = (value: unknown): Song => songSchema.parse(value);
 * ```
 */
export const songSchema: z.ZodMiniType<Song> = looseSong;

/**
 * A job as the API reports it, plus its `job_id` (the API's answer does not repeat it), made safe:
 * timestamps become ISO 8601 with `Z` (one that cannot be read is left out), an undocumented status becomes
 * `running` with `reported_status`, unknown fields are kept. Reading a job that was read before changes nothing.
 *
 * @example
 * ```ts
 * import { jobSchema, type Job } from '@whisul-rx/core';
 *
 * const read = (id: string, answer: object): Job => jobSchema.parse({ ...answer, job_id: id });
 * ```
 */
export const jobSchema: z.ZodMiniType<Job> = looseJob;

/**
 * Any state of a job: `submitted` or what {@link jobSchema} reads.
 *
 * @example
 * ```ts
 * import { jobStateSchema, type JobState } from '@whisul-rx/core';
 *
 * const read = (line: string): JobState => jobStateSchema.parse(JSON.parse(line));
 * ```
 */
export const jobStateSchema: z.ZodMiniType<JobState> = looseState;
