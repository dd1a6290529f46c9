import { decodeSegment } from '../model/decode-segment.js';
import { badOption } from '../model/option.js';

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
  const relative = /^\/(?!\/)|^[\w-]+\//.test(pollUrl);
  const text = relative ? `${root}/${pollUrl.replace(/^\//, '')}` : pollUrl;
  // URL parsers skip tabs and line breaks and read a backslash as a slash.
  if (!/^https?:\/\//i.test(text) || /[\\\p{Cc}]/u.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const end = url.pathname.lastIndexOf('/') + 1;
  const folder = url.pathname.slice(0, end);
  const below = url.origin === base.origin && folder.startsWith(`${base.path}/`);
  // A proxy may decode these once more, and leave the base path.
  const plain = !/\/\/|%2f|%5c|%2e/i.test(folder.slice(base.path.length));
  const named = decodeSegment(url.pathname.slice(end)) === id;
  return below && plain && named && url.username + url.password === '' ? url.href.replace(/#.*$/, '') : undefined;
}
