import { catchError, firstValueFrom, map, merge, of, race, timer, type Observable } from 'rxjs';
import { refuse, type Refusal } from '../../wire/refusal.js';
import type { GatewayRequest, RequestBody } from './gateway-request.js';

const limit = 64 * 1_024;

/** How long a body may take to arrive, in ms. */
const patience = 10_000;

const usedBody =
  'The body was read before this handler got the request, by a middleware perhaps. Give the handler a request that ' +
  'nobody has read: a clone() made before, or on Node one with what was parsed in req.body.';

function badRequest(detail: string): Refusal {
  return refuse(400, 'invalid_request', detail);
}

function tooLarge(): Refusal {
  return refuse(413, 'invalid_request', `The body may have ${String(limit / 1_024)} KiB.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What became of the body of a request. */
type Received = RequestBody | { readonly kind: 'late' } | { readonly kind: 'unreadable' };

function receive(request: GatewayRequest, needless$: Observable<unknown>): Promise<Received> {
  if (Number(request.header('content-length') ?? 0) > limit) return Promise.resolve({ kind: 'too large' });
  const late$ = merge(timer(patience), needless$, request.gone$).pipe(map((): Received => ({ kind: 'late' })));
  const body$ = request.body$(limit).pipe(catchError(() => of<Received>({ kind: 'unreadable' })));
  return firstValueFrom(race(body$, late$));
}

/**
 * The prompt a POST asks for; or why it cannot be served. Nothing was asked of the engine yet.
 *
 * @param needless$ - nobody waits for it any more
 */
export async function requestedPrompt(
  request: GatewayRequest,
  needless$: Observable<unknown>,
): Promise<string | Refusal> {
  const [mediaType = ''] = (request.header('content-type') ?? '').split(';', 1);
  // A form or plain text is what another site's page can send without being asked: it must not start paid jobs.
  if (mediaType.trim().toLowerCase() !== 'application/json') {
    return refuse(415, 'invalid_request', 'Send the prompt as JSON, with Content-Type: application/json.');
  }
  const body = await receive(request, needless$);
  if (body.kind === 'too large') return tooLarge();
  if (body.kind === 'late')
    return refuse(408, 'invalid_request', 'The body did not arrive in time; no job was started.');
  if (body.kind === 'used') return badRequest(usedBody);
  const encoding = request.header('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (body.kind !== 'parsed' && encoding !== 'identity') {
    return refuse(415, 'invalid_request', 'Send the body without Content-Encoding.');
  }
  if (body.kind === 'unreadable') return badRequest('The body could not be read as UTF-8.');
  const value = body.kind === 'text' ? parse(body.text) : body.value;
  const prompt: unknown = typeof value === 'object' && value !== null && 'prompt' in value ? value.prompt : undefined;
  if (typeof prompt !== 'string' || prompt.trim() === '') {
    return badRequest('Send {"prompt":"…"} as JSON, with a prompt that is not blank.');
  }
  // What a framework has parsed may have come without a length, and under another limit.
  if (body.kind === 'parsed' && new TextEncoder().encode(prompt).byteLength > limit) return tooLarge();
  return prompt;
}
