import { isWhisulError, type WhisulErrorCode } from '@whisul-rx/core';

const titles = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
} as const;

/** The statuses a gateway refuses with. */
export type RefusalStatus = keyof typeof titles;

/** A problem as RFC 9457 writes it, with the code of a `WhisulError`. All there is of an error on the wire. */
interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: RefusalStatus;
  readonly detail: string;
  readonly code: WhisulErrorCode;
  readonly job_id?: string;
}

/** A problem, and the ms after which to try again, where that is known. */
export interface Refusal {
  readonly problem: Problem;
  readonly retryAfter?: number;
}

/** A refusal of the gateway itself. */
export function refuse(
  status: RefusalStatus,
  code: WhisulErrorCode,
  detail: string,
  more: { jobId?: string | undefined; retryAfter?: number | undefined } = {},
): Refusal {
  return {
    problem: {
      type: 'about:blank',
      title: titles[status],
      status,
      detail,
      code,
      ...(more.jobId === undefined ? {} : { job_id: more.jobId }),
    },
    ...(more.retryAfter === undefined ? {} : { retryAfter: more.retryAfter }),
  };
}

/** What is told of a failure: by its code a status, 502 where there is none of its own, and a sentence. */
interface Wording {
  readonly statuses: Partial<Record<WhisulErrorCode, RefusalStatus>>;
  /** An error's own message is for the server's log: it may repeat what the API said. */
  readonly sentences: Partial<Record<WhisulErrorCode, string>>;
  readonly otherwise: string;
}

const following: Wording = {
  statuses: { not_found: 404, rate_limited: 503 },
  sentences: {
    unauthorized: 'The gateway was refused by the API.',
    invalid_request: 'The API refused the request.',
    not_found: 'There is no such job: the id is wrong, or the job has expired.',
    rate_limited: 'The API asks for fewer requests; try again later.',
    job_timeout: 'The job did not end in time; it may still be running.',
    closed: 'The gateway was closed; the job may still be running.',
  },
  otherwise: 'The outcome of this job could not be determined; it may still be running.',
};

const submitting: Wording = {
  // Only what the caller sent is the caller's fault.
  statuses: { invalid_request: 400, rate_limited: 503 },
  sentences: {
    unauthorized: 'The gateway was refused by the API; no job was started.',
    invalid_request: 'The API refused the prompt; no job was started.',
    not_found: 'The API takes no prompts where the gateway sends them; no job was started.',
    rate_limited: 'The job was not started and nothing was charged; send it again later.',
    submit_unknown: 'The prompt may have been accepted and charged; it is not sent again.',
    closed: 'The gateway was closed; no job was started.',
  },
  otherwise: 'Whether a job was started could not be determined.',
};

function told(error: unknown, { statuses, sentences, otherwise }: Wording, jobId?: string): Refusal {
  if (!isWhisulError(error)) return refuse(502, 'engine', otherwise, { jobId });
  return refuse(statuses[error.code] ?? 502, error.code, sentences[error.code] ?? otherwise, {
    jobId: jobId ?? error.jobId,
    retryAfter: error.retryAfter,
  });
}

/**
 * Turns what a source failed with into what may be told: the code of a `WhisulError` and a sentence for it; of any
 * other error nothing but that it happened (`engine`).
 */
export function toRefusal(error: unknown, jobId?: string): Refusal {
  return told(error, following, jobId);
}

/** The same for a submit of which no job is known. */
export function submitRefusal(error: unknown): Refusal {
  return told(error, submitting);
}
