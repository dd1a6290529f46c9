import { fieldOf } from '../model/field-of.js';
import { BodyText } from './body-text.js';
import { defaultFetch } from './default-fetch.js';
import { noResponseError } from './no-response.js';
import { mendBody } from './node-body.js';
import type { Transport } from './transport.js';

/**
 * A transport on `fetch`: the caller's, else cross-fetch. In Node cross-fetch is node-fetch, whose quirks end here:
 * its body is no web stream, and can end early without an error; it loses the reason of an abort (the client knows why it
 * aborted), and its errors have their `code` on themselves where the platform's have it on their `cause` (the reader
 * of codes walks the whole chain).
 */
export function fetchTransport(fetch: typeof globalThis.fetch = defaultFetch): Transport {
  return async ({ method, url, headers, body, signal }) => {
    const response: unknown = await fetch(url, {
      method,
      headers,
      signal,
      redirect: 'manual',
      cache: 'no-store',
      ...(body === undefined ? {} : { body }),
    });
    if (!isResponse(response)) throw noResponseError('fetch');
    mendBody(response.body);
    return { status: response.status, headers: response.headers, text: () => readText(response) };
  };
}

type FetchResponse = Pick<Response, 'status' | 'headers' | 'text'> & Partial<Record<'body' | 'bodyUsed', unknown>>;

function isResponse(value: unknown): value is FetchResponse {
  return typeof fieldOf(value, 'status') === 'number' && typeof fieldOf(value, 'text') === 'function';
}

const isWebStream = (body: unknown): body is ReadableStream<unknown> =>
  typeof fieldOf(body, 'getReader') === 'function';

const isIterable = (body: unknown): body is AsyncIterable<unknown> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body;

const toBytes = (piece: unknown) => (piece instanceof Uint8Array ? piece : new TextEncoder().encode(String(piece)));

/** The text of a response, no more of it than {@link BodyText} takes. */
async function readText(response: FetchResponse): Promise<string> {
  const { body, bodyUsed } = response;
  const text = new BodyText();
  if (bodyUsed !== true && isWebStream(body)) await readStream(body, text);
  else if (bodyUsed !== true && isIterable(body)) for await (const piece of body) text.add(toBytes(piece));
  // Without a stream (React Native) all of it has come in before.
  else return response.text();
  return text.toString();
}

async function readStream(body: ReadableStream<unknown>, text: BodyText): Promise<void> {
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) text.add(toBytes(next.value));
  } catch (error) {
    // Of a stream that has failed by itself nothing is left to cancel.
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
}
