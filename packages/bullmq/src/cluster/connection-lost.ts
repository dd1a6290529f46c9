import { isWhisulError } from '@whisul-rx/core';

/** What drivers and Postgres say when a connection is lost, or cannot be had for now. */
const sayings = [
  /ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN/,
  /Connection terminated|terminating connection|is not queryable/,
  /connection timeout|timeout exceeded when trying to connect/,
  /shutting down|starting up|recovery mode|not yet accepting connections/,
  /too many clients|too many connections|connection slots are reserved/,
];
/** The codes of Postgres for the same, which do not depend on its language; and of a deadlock, which the next try ends. */
const codes = new Set(['57P01', '57P02', '57P03', '53300', '40P01']);

/** Whether a server that was there before is only away: it may be back soon. */
export function isConnectionLost(error: unknown): boolean {
  // What is a WhisulError was judged already: the server was not there from the start.
  if (!(error instanceof Error) || isWhisulError(error)) return false;
  // Node puts the errors of several addresses into one without a message of its own.
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost);
  if ('code' in error && codes.has(String(error.code))) return true;
  return sayings.some((saying) => saying.test(error.message));
}
