import { badOption } from './option.js';

/** Where the API lives: requests are made below it, and the key goes nowhere else. */
export interface BaseUrl {
  readonly origin: string;
  /** The path without a slash at its end; empty for the root. */
  readonly path: string;
}

/**
 * Reads the `baseUrl` option.
 *
 * @throws WhisulError `invalid_request`
 */
export function parseBaseUrl(baseUrl: unknown): BaseUrl {
  const text = typeof baseUrl === 'string' ? baseUrl.trim() : '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username + url.password + url.search + url.hash !== ''
  ) {
    throw badOption(
      'baseUrl',
      'an http or https URL such as "https://whisul.com/api", without user, query or fragment',
    );
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') };
}

/** The poll path of a job below the base URL. */
export function pollPath(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`;
}

/**
 * The URL that a `poll_url` of the API means, or `undefined` when the key must not go there: it is malformed, leaves
 * the base URL's origin or path, or names another job.
 */
export function resolvePollUrl(base: BaseUrl, id: string, pollUrl: string): string | undefined {
  const root = base.origin + base.path;
  const text = /^\/(?!\/)/.test(pollUrl) ? root + pollUrl : pollUrl;
  if (!URL.canParse(text, `${root}/`)) return undefined;
  const url = new URL(text, `${root}/`);
  const below = url.origin === base.origin && url.pathname.startsWith(`${base.path}/`);
  const named = decodeSegment(url.pathname.slice(url.pathname.lastIndexOf('/') + 1)) === id;
  return below && named && url.username + url.password === '' ? url.href.replace(/#.*$/, '') : undefined;
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
