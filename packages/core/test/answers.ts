import type { Answer } from './scripted-api.js';

const prompt = 'a relaxing lo-fi hip hop beat';
const started_at = '2026-02-17 15:39:34';
const finished_at = '2026-02-17 15:41:12';

/** What Whisul says of a finished song. */
export const result = {
  title: 'Midnight Drizzle',
  bpm: 85,
  duration: 183,
  song_url: 'https://cdn.whisul.com/songs/81fa5ff7.mp3',
  image_url: 'https://cdn.whisul.com/art/81fa5ff7.png',
  tags: 'lo-fi, hip hop, relaxing, jazzy',
};
export const runningBody = { status: 'running', prompt, result: null, error: null, started_at };
export const completedBody = { status: 'completed', prompt, result, error: null, started_at, finished_at };
export const failedBody = {
  status: 'failed',
  prompt,
  result: null,
  error: 'Generation failed due to an internal error.',
  started_at,
  finished_at,
};

export const running: Answer = { body: runningBody };
export const completed: Answer = { body: completedBody };
export const failed: Answer = { body: failedBody };
export const hanging: Answer = { delay: 1e9 };

/** The receipt for a prompt. */
export function accepted(job_id: unknown = 'job-1', more: Readonly<Record<string, unknown>> = {}): Answer {
  return {
    status: 202,
    body: { message: 'Composition task received.', job_id, poll_url: `/jobs/${String(job_id)}`, ...more },
  };
}

/** An answer without a body worth reading. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: code, headers, body: { error: 'No', message: 'No.' } };
}

/** An error as the platform makes it, with its code on the cause as `fetch` does. */
export function connectionError(code: string, syscall = 'connect'): Answer {
  const cause = Object.assign(new Error(`${syscall} ${code} 127.0.0.1:1`), { code, syscall });
  return { error: new TypeError('fetch failed', { cause }) };
}
