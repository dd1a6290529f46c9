import { isWhisulError, WhisulError } from '@whisul-rx/core';

/** What the servers, their drivers and BullMQ say, and what to do about it. */
const advice: readonly (readonly [RegExp, string])[] = [
  [/could not load the optional 'ioredis'/, 'The package `ioredis` is missing. Run: npm install ioredis'],
  [/could not load the optional 'pg'/, 'The package `pg` is missing. Run: npm install pg'],
  [/\bOOM\b/, 'Redis is full and refuses writes (OOM). Give it more memory, or lower `keepFinished`.'],
  [/\bREADONLY\b/, 'This Redis is a read-only replica. Connect to the primary.'],
  [/\bMISCONF\b/, 'Redis cannot save to its disk and refuses writes (MISCONF). Free its disk and read its log.'],
  [/\bNOAUTH\b|\bWRONGPASS\b|\bNOPERM\b/, 'Redis refused the user or the password. Check `connection`.'],
  [/password authentication failed|no pg_hba/, 'Postgres refused the user or the password. Check `connection`.'],
  [/Redis version needs/, 'This Redis is too old for BullMQ.'],
  [/PostgreSQL \d+ .*(unsupported|not supported|minimum)/i, 'This Postgres is too old for BullMQ.'],
  [/maxRetriesPerRequest/, 'A Redis client that you pass needs the option `maxRetriesPerRequest: null`.'],
  [/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ECONNRESET/, 'The server cannot be reached.'],
];

/** The `engine` error for a failure of the cluster's server, with what to do where that is known. */
export function engineError(cause: unknown, details: { jobId?: string; prompt?: string } = {}): WhisulError {
  if (isWhisulError(cause)) return cause;
  const said = sayings(cause);
  const [, hint = 'The cluster failed.'] = advice.find(([pattern]) => pattern.test(said)) ?? [];
  const about = details.jobId === undefined ? '' : `Job ${details.jobId}: `;
  return new WhisulError('engine', `${about}${hint} (${said || 'no reason was given'})`, { ...details, cause });
}

/** Node puts the errors of several addresses into one without a message of its own. */
function sayings(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(sayings).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}
