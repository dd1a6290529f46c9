import { isWhisulError, WhisulError } from '@whisul-rx/core';

/** What the servers, their drivers and BullMQ say, and what to do about it. */
const advice: readonly (readonly [RegExp, string])[] = [
  [/could not load the optional 'ioredis'/, 'The package `ioredis` is missing. Run: npm install ioredis'],
  [/could not load the optional 'pg'/, 'The package `pg` is missing. Run: npm install pg'],
  [/\bOOM\b/, 'Redis is full and refuses writes (OOM). Give it more memory, or lower `keepFinished`.'],
  [/\bREADONLY\b/, 'This Redis is a read-only replica. Connect to the primary.'],
  [/\bMISCONF\b/, 'Redis cannot save to its disk and refuses writes (MISCONF). Free its disk and read its log.'],
  [/\bNOAUTH\b|\bWRONGPASS\b|\bNOPERM\b/, 'Redis refused the user or the password. Check `connection`.'],
  [
    /password authentication failed|no pg_hba|\b28(000|P01)$/,
    'Postgres refused the user or the password. Check `connection`.',
  ],
  [
    /read-only transaction|\b25006$/,
    'This Postgres takes no writes: it is a standby, or set to read-only. Connect to the primary.',
  ],
  [/\b53300$/, 'Postgres has no connection left. Raise its `max_connections`, or give `connection` a smaller `max`.'],
  [/\b53100$/, 'The disk of Postgres is full. Make room on it.'],
  [/\b42501$/, 'The user of Postgres may not make or change tables of BullMQ. Grant it these rights.'],
  [
    /max number of clients|EPIPE/,
    'The server closes the connection. A Redis does that when it has no connection left: raise its `maxclients`.',
  ],
  [/\bInvalid URL\b/, 'The URL in `connection` cannot be read.'],
  [/Redis version needs/, 'This Redis is too old for BullMQ.'],
  [/PostgreSQL backend requires server version/, 'This Postgres is too old for BullMQ.'],
  [
    /schema requires BullMQ major version/,
    'A newer BullMQ has set this Postgres up. Update `bullmq`, or choose another `schema`.',
  ],
  [
    /PostgreSQL schema .* is not initialized/,
    'A pool that you pass needs the tables of BullMQ. Call `runMigrations` of `bullmq` before, or pass the options of the pool.',
  ],
  [
    /function (bullmq\.)?\w+\(.*\) does not exist/,
    "A pool that you pass needs the schema of BullMQ on its search path: `options: '-c search_path=bullmq'`.",
  ],
  [/\bCROSSSLOT\b/, 'A Redis Cluster cannot be used. Connect to a Redis of one server, or to one behind Sentinel.'],
  [/maxRetriesPerRequest/, 'A Redis client that you pass needs the option `maxRetriesPerRequest: null`.'],
  [/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ECONNRESET/, 'The server cannot be reached.'],
];

/** The `engine` error for a failure of the cluster's server, with what to do where that is known. */
export function engineError(cause: unknown, details: { jobId?: string; prompt?: string } = {}): WhisulError {
  if (isWhisulError(cause)) return cause;
  const said = sayings(cause);
  // Postgres speaks the language of its server; its codes are the same everywhere.
  const known = `${said} ${codeOf(cause)}`;
  const [, hint = 'The cluster failed.'] = advice.find(([pattern]) => pattern.test(known)) ?? [];
  const about = details.jobId === undefined ? '' : `Job ${details.jobId}: `;
  return new WhisulError('engine', `${about}${hint} (${said || 'no reason was given'})`, { ...details, cause });
}

/** Node puts the errors of several addresses into one without a message of its own. */
function sayings(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(sayings).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
