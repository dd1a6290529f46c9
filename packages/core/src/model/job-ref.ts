import { decodeSegment } from './decode-segment.js';
import { fieldOf } from './field-of.js';
import type { GenerateRequest, JobRef } from './job-source.js';
import { WhisulError } from './whisul-error.js';

/** Tells whether a value can be a job id: a string that stays one path segment when it is percent-encoded. */
export function isJobId(value: unknown): value is string {
  // A lone surrogate cannot be encoded.
  return typeof value === 'string' && !/^\.{0,2}$|\p{Cs}/u.test(value);
}

/**
 * Reads a reference to a job: an id, a poll path (`/jobs/{id}`), or an object with `job_id`.
 *
 * @throws WhisulError `invalid_request` when it names no job
 * @example
 * ```ts
 * import { parseJobRef } from '@whisul-rx/core/adapter';
 *
 * const { id } = parseJobRef('/jobs/abc'); // 'abc'
 * ```
 */
export function parseJobRef(ref: JobRef): { id: string; poll_url?: string } {
  // Callers without types reach this too.
  const given: unknown = ref;
  if (typeof given === 'string') {
    const id = given.startsWith('/') ? decodeSegment(/^\/jobs\/([^/?#]+)$/.exec(given)?.[1] ?? '') : given;
    if (isJobId(id)) return { id };
  } else {
    const id = fieldOf(given, 'job_id');
    const poll_url = fieldOf(given, 'poll_url');
    if (isJobId(id)) return typeof poll_url === 'string' ? { id, poll_url } : { id };
  }
  const shown = typeof given === 'string' ? JSON.stringify(given.slice(0, 100)) : typeof given;
  throw new WhisulError(
    'invalid_request',
    `This names no job: ${shown}. Give a job id, its path /jobs/{id} or an object with a \`job_id\`.`,
  );
}

/**
 * Reads the prompt of a request.
 *
 * @throws WhisulError `invalid_request` when it is empty, blank or no string
 * @example
 * ```ts
 * import { parsePrompt } from '@whisul-rx/core/adapter';
 *
 * const prompt = parsePrompt({ prompt: 'a relaxing lo-fi hip hop beat' });
 * ```
 */
export function parsePrompt(request: GenerateRequest): string {
  const given: unknown = request;
  const prompt = typeof given === 'string' ? given : fieldOf(given, 'prompt');
  if (typeof prompt === 'string' && prompt.trim() !== '') return prompt;
  throw new WhisulError('invalid_request', 'The prompt must be a string that is not blank. Nothing was sent.');
}
