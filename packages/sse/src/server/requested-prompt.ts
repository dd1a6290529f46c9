import { refuse, type Refusal } from '../wire/refusal.js';
import type { GatewayRequest, RequestBody } from './gateway-request.js';

const limit = 64 * 1_024;

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

async function read(request: GatewayRequest): Promise<RequestBody> {
  return Number(request.header('content-length') ?? 0) > limit ? { kind: 'too large' } : request.readBody(limit);
}

/** The prompt a POST asks for; or why it cannot be served. Nothing was asked of the engine yet. */
export async function requestedPrompt(request: GatewayRequest): Promise<string | Refusal> {
  const [mediaType = ''] = (request.header('content-type') ?? '').split(';', 1);
  // A form or plain text is what another site's page can send without being asked: it must not start paid jobs.
  if (mediaType.trim().toLowerCase() !== 'application/json') {
    return refuse(415, 'invalid_request', 'Send the prompt as JSON, with Content-Type: application/json.');
  }
  const body = await read(request).catch(() => undefined);
  if (body?.kind === 'too large') return tooLarge();
  const encoding = request.header('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (body?.kind !== 'parsed' && encoding !== 'identity') {
    return refuse(415, 'invalid_request', 'Send the body without Content-Encoding.');
  }
  if (body === undefined) return badRequest('The body could not be read as UTF-8.');
  const value = body.kind === 'text' ? parse(body.text) : body.value;
  const prompt: unknown = typeof value === 'object' && value !== null && 'prompt' in value ? value.prompt : undefined;
  if (typeof prompt !== 'string' || prompt.trim() === '') {
    return badRequest('Send {"prompt":"…"} as JSON, with a prompt that is not blank.');
  }
  // What a framework has parsed may have come without a length, and under another limit.
  if (body.kind === 'parsed' && new TextEncoder().encode(prompt).byteLength > limit) return tooLarge();
  return prompt;
}
