/** What a request is about: the ids it names, and the path it was asked at. */
export interface Route {
  /** The path of the collection as the client sees it, with whatever a router took off the front. */
  readonly base: string;
  /** Undefined for the collection itself. */
  readonly id: string | undefined;
  /** As it was sent: it may be longer than anybody should take apart. */
  readonly query: string;
}

/** Each of an id's 200 characters may be encoded as four bytes. */
const longestSegment = 200 * 12;

/** `/jobs/` and `jobs` as `/jobs`; `/` as the empty string. */
export function normalizeBase(path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `/${trimmed}`;
}

/** Path and query of a request target. */
export function splitTarget(target: string): [path: string, query: string] {
  // An absolute target, as a proxy sends it.
  const local = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
  const [beforeHash = ''] = local.split('#', 1);
  const mark = beforeHash.indexOf('?');
  return mark < 0 ? [beforeHash, ''] : [beforeHash.slice(0, mark), beforeHash.slice(mark + 1)];
}

/** What a router cut off: `/api` when it saw `/api/jobs/x` and handed on `/jobs/x`. */
function mountOf(path: string, handedOn: string): string {
  if (path === handedOn) return '';
  if (handedOn === '/') return path;
  return path.endsWith(handedOn) ? path.slice(0, -handedOn.length) : '';
}

/**
 * Finds the job in a request target. Routers that mount a handler cut their prefix off (`handedOn`), with or without
 * the base path in it; both are understood.
 *
 * @param target - path and query as the client sent them
 * @param handedOn - what a router made of it, where there is one
 * @returns undefined when the path is not below the base
 * @throws URIError when the id is not percent-encoded UTF-8
 */
export function matchRoute(basePath: string, target: string, handedOn = target): Route | undefined {
  const [path, query] = splitTarget(target);
  const mount = normalizeBase(mountOf(path, splitTarget(handedOn)[0]));
  const base = [mount.endsWith(basePath) ? mount : basePath, `${mount}${basePath}`, basePath].find(
    (candidate) => path === candidate || path.startsWith(`${candidate}/`),
  );
  if (base === undefined) return undefined;
  const segment = path.slice(base.length + 1);
  if (segment.includes('/')) return undefined;
  const named = path.length > base.length && segment !== '';
  // What is too long for an id is too long before it is decoded.
  const id = segment.length > longestSegment ? segment : decodeURIComponent(segment);
  return { base, id: named ? id : undefined, query };
}
