import { codeOfStatus } from './failure.js';
import type { JobState } from './job-schema.js';
import { WhisulError, type WhisulErrorCode, type WhisulErrorDetails } from './whisul-error.js';

/** Whom a call was about, for the errors that it may end in. */
export interface CallSubject {
  readonly jobId?: string;
  readonly prompt?: string;
  lastState?(): JobState | undefined;
}

const sentences: Partial<Record<WhisulErrorCode, string>> = {
  unauthorized: 'Whisul refused the API key. Check WHISUL_API_KEY or the option `apiKey`.',
  not_found: 'Whisul does not know this id: it is wrong, or the job has expired.',
  rate_limited: 'Whisul asks for fewer requests. Lower `budget.requestsPerSecond`, or try later.',
  server_error: 'Whisul is in trouble. Try later.',
  request_timeout: 'Whisul did not answer in time.',
  invalid_request: 'Whisul refused the request.',
  network: 'The connection failed.',
};

/** An error about a call: what happened, to which job, and what that means for it. */
export function callError(
  subject: CallSubject,
  code: WhisulErrorCode,
  message: string,
  details: WhisulErrorDetails = {},
): WhisulError {
  const { jobId, prompt } = subject;
  const text =
    jobId === undefined ? message : `Job ${jobId}: ${message} Its outcome is not known; it may still be running.`;
  return new WhisulError(code, text, { jobId, prompt, lastState: subject.lastState?.(), ...details });
}

/** What an answer says when its status is not a success. */
export function statusError(
  subject: CallSubject,
  answer: { status: number; text: string; requestId: string | undefined },
  retryAfter: number | undefined,
): WhisulError {
  const { status, text, requestId } = answer;
  const code = codeOfStatus(status);
  const sentence =
    sentences[code] ?? 'Whisul redirected, which is not followed: the key stays at `baseUrl`. Check that.';
  const said = /"message"\s*:\s*"([^"\\]{1,200})"/.exec(text)?.[1];
  const message = `${sentence} (HTTP ${String(status)}${said === undefined ? '' : `: ${said}`})`;
  return callError(subject, code, message, { status, retryAfter, requestId });
}

/** What it means that no answer came. */
export function noAnswerError(
  subject: CallSubject,
  code: 'network' | 'request_timeout',
  cause: Error | undefined,
): WhisulError {
  const reason = cause === undefined ? '' : ` (${cause.message})`;
  return callError(subject, code, `${sentences[code] ?? ''}${reason}`, { cause });
}
