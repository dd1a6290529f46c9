import { codeOfStatus } from '../model/failure.js';
import { isTerminal } from '../model/is-terminal.js';
import type { JobState } from '../model/job-schema.js';
import { untrusted } from '../model/never-sent.js';
import { WhisulError, type WhisulErrorCode, type WhisulErrorDetails } from '../model/whisul-error.js';

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

/** What is told of a submit instead: there is no id yet. */
const submitSentences: typeof sentences = {
  not_found: 'There is nothing at this address. Check `baseUrl`.',
  invalid_request: 'Whisul refused the prompt.',
};

/** An error about a call: what happened, to which job, and what that means for it. */
export function callError(
  subject: CallSubject,
  code: WhisulErrorCode,
  message: string,
  details: WhisulErrorDetails = {},
): WhisulError {
  const { jobId, prompt } = subject;
  const lastState = subject.lastState?.();
  const hint = lastState && isTerminal(lastState) ? '' : ' Its outcome is not known; it may still be running.';
  const text = jobId === undefined ? message : `Job ${jobId}: ${message}${hint}`;
  return new WhisulError(code, text, { jobId, prompt, lastState, ...details });
}

function sentence(subject: CallSubject, code: WhisulErrorCode): string | undefined {
  return (subject.jobId === undefined ? submitSentences[code] : undefined) ?? sentences[code];
}

/** What an answer says when its status is not a success. */
export function statusError(
  subject: CallSubject,
  answer: { status: number; text: string; requestId: string | undefined },
  retryAfter: number | undefined,
): WhisulError {
  const { status, text, requestId } = answer;
  const code = codeOfStatus(status);
  const what =
    sentence(subject, code) ?? 'Whisul redirected, which is not followed: the key stays at `baseUrl`. Check that.';
  const said = /"message"\s*:\s*"([^"\\]{1,200})"/.exec(text)?.[1];
  const message = `${what} (HTTP ${String(status)}${said === undefined ? '' : `: ${said}`})`;
  return callError(subject, code, message, { status, retryAfter, requestId });
}

/** What it means that no answer came. */
export function noAnswerError(
  subject: CallSubject,
  code: 'network' | 'request_timeout',
  details: WhisulErrorDetails,
): WhisulError {
  const reason = reasons(details.cause).join(': ');
  const what = untrusted(details.cause) ?? sentence(subject, code) ?? '';
  return callError(subject, code, `${what}${reason && ` (${reason})`}`, details);
}

/** What an error and its causes say: `fetch failed` alone helps nobody. */
function reasons(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const message = error.message || partsOf(error).join(', ');
  const deeper = reasons(error.cause);
  return message === '' || deeper.some((reason) => reason.includes(message)) ? deeper : [message, ...deeper];
}

/** What happened to each address of a host: the error of all of them says nothing itself. */
function partsOf(error: Error): string[] {
  return error instanceof AggregateError ? error.errors.flatMap(reasons) : [];
}
