import { connectionError } from './connection-error.js';

/**
 * Does with a redirect what the platform's fetch does for the request's `redirect` mode. A client that follows one
 * by mistake must do so here too, or its tests would pass.
 */
export function followRedirect(request: Request, response: Response, body: string | undefined): Request | undefined {
  const location = response.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || request.redirect === 'manual') return undefined;
  if (request.redirect === 'error') throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
  if (location === null) return undefined;
  if (!URL.canParse(location, request.url)) throw connectionError('ECONNREFUSED', 'The redirect leads nowhere.');
  const url = new URL(location, request.url);
  const headers = new Headers(request.headers);
  if (url.origin !== new URL(request.url).origin) headers.delete('authorization');
  const asGet = response.status === 303 || (response.status < 303 && request.method === 'POST');
  return new Request(url, {
    method: asGet ? 'GET' : request.method,
    headers,
    signal: request.signal,
    ...(!asGet && body !== undefined && { body }),
  });
}
