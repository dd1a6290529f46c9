import { Buffer } from 'node:buffer';
import { defer, of, type Observable } from 'rxjs';
import type { GatewayRequest, RequestBody } from '../server/requests/gateway-request.js';
import { gone$, isGone, type NodeRequest, type NodeResponse } from './node-exchange.js';
import { bodyText, nodeBody$ } from './node-body.js';

function header(req: NodeRequest, name: string): string | null {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}

function webHeaders(req: NodeRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    if (name.startsWith(':')) continue; // of HTTP/2, not of the request
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return headers;
}

/** A host that has anything but a host in it would write the path, or sign in. */
function originOf(scheme: string, host: string): string {
  const base = `${scheme}://${host}`;
  const url = URL.canParse(base) ? new URL(base) : undefined;
  return url?.href === `${url?.origin ?? ''}/` ? url.origin : `${scheme}://localhost`;
}

function webUrl(req: NodeRequest, target: string): string {
  const scheme = 'encrypted' in req.socket ? 'https' : 'http';
  // An absolute target, as a proxy sends it, has a host of its own.
  const [before = '', named] = /^https?:\/\/([^/?#]*)/i.exec(target) ?? [];
  const origin = originOf(scheme, named ?? header(req, ':authority') ?? header(req, 'host') ?? '');
  // A URL takes a backslash for a slash; the code that found the job in the target did not.
  const path = target.slice(before.length).replace(/^\//, '').replaceAll('\\', '%5C');
  return `${origin}/${path}`;
}

/** The web form of a request, without its body; it aborts when the client leaves. */
function webRequest(
  req: NodeRequest,
  target: string,
  left$: Observable<unknown>,
): { request: Request; done: () => void } {
  const controller = new AbortController();
  const watch = left$.subscribe(() => {
    controller.abort();
  });
  const { signal } = controller;
  const request = new Request(webUrl(req, target), { method: req.method ?? 'GET', headers: webHeaders(req), signal });
  return {
    request,
    done: () => {
      watch.unsubscribe();
    },
  };
}

/** A request of Node as the gateway reads it. `done` lets go of what was only needed to answer it. */
export function nodeRequest(req: NodeRequest, res: NodeResponse): GatewayRequest & { done(): void } {
  // Routers that mount a handler cut their prefix off `url` and keep the whole in `originalUrl`.
  const handedOn = req.url ?? '/';
  const target = 'originalUrl' in req && typeof req.originalUrl === 'string' ? req.originalUrl : handedOn;
  const left$ = gone$(req, res);
  let web: ReturnType<typeof webRequest> | undefined;
  return {
    method: req.method ?? 'GET',
    target,
    handedOn,
    connection: 'stream' in res ? res.stream.session : req.socket,
    header: (name) => header(req, name),
    toRequest: () => (web ??= webRequest(req, target, left$)).request,
    body$: (limit) => {
      const parsed: unknown = 'body' in req ? req.body : undefined;
      if (parsed === undefined) return nodeBody$(req, limit);
      if (typeof parsed === 'string' || Buffer.isBuffer(parsed)) {
        if (Buffer.byteLength(parsed) > limit) return of<RequestBody>({ kind: 'too large' });
        return typeof parsed === 'string'
          ? of<RequestBody>({ kind: 'text', text: parsed })
          : defer(() => of(bodyText(parsed)));
      }
      return of<RequestBody>({ kind: 'parsed', value: parsed });
    },
    isGone: () => isGone(req, res),
    gone$: left$,
    done: () => {
      web?.done();
    },
  };
}
