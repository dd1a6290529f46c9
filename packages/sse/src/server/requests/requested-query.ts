import { refuse, type Refusal } from '../../wire/refusal.js';

/** Parameters that a query may have beside its jobs: those of proxies, polyfills and caches. */
const others = 100;

/** How long a parameter with the longest id is: each of its characters may be encoded as four bytes. */
const longest = 2_500;

/**
 * The parameters of a query. They are counted before they are taken apart: a URL of megabytes would cost a second.
 *
 * @param maxJobs - how many jobs it may name
 */
export function requestedQuery(query: string, maxJobs: number): URLSearchParams | Refusal {
  const most = Math.min(maxJobs + others, 100_000);
  if (query.length <= most * longest && query.split('&', most + 1).length <= most) return new URLSearchParams(query);
  return refuse(400, 'invalid_request', `The query is too long: a request may name ${String(maxJobs)} jobs.`);
}
