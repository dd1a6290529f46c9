import { refuse, type Refusal } from '../wire/refusal.js';
import type { Route } from './route.js';

const longestId = 200;
// It counts characters, not the halves that JavaScript makes of some.
const printable = new RegExp(`^\\P{Cc}{1,${String(longestId)}}$`, 'u');

function isMalformed(id: string): boolean {
  return id === '.' || id === '..' || !printable.test(id);
}

/** The ids a request names, each once; or why it cannot be served. */
export function requestedIds(route: Route, max: number): string[] | Refusal {
  const ids = route.id === undefined ? [...new Set(route.query.getAll('job'))] : [route.id];
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
