import { refuse, type Refusal } from '../../wire/refusal.js';

const longestId = 200;
// It counts characters, not the halves that JavaScript makes of some.
const printable = new RegExp(`^\\P{Cc}{1,${String(longestId)}}$`, 'u');

function isMalformed(id: string): boolean {
  return id === '.' || id === '..' || !printable.test(id);
}

/**
 * The ids a request names, each once; or why it cannot be served.
 *
 * @param id - the one in the path, where there is one
 */
export function requestedIds(id: string | undefined, query: URLSearchParams, max: number): string[] | Refusal {
  const ids = id === undefined ? [...new Set(query.getAll('job'))] : [id];
  if (ids.length === 0) {
    return refuse(
      400,
      'invalid_request',
      'Name a job: as the last part of the path, or with ?job=… for each of several.',
    );
  }
  if (ids.length > max) {
    return refuse(
      400,
      'invalid_request',
      `A request may name ${String(max)} jobs; this one named ${String(ids.length)}.`,
    );
  }
  if (ids.some(isMalformed)) {
    return refuse(
      400,
      'invalid_request',
      `A job id has 1 to ${String(longestId)} characters and no control characters among them.`,
    );
  }
  return ids;
}
