import type { Subscription } from 'rxjs';

/** No receipt and no refusal is longer. */
const longestBody = 65_536;

/** What a `fetch` of the caller's may give: a web stream, node-fetch's stream, or in React Native nothing. */
interface Streamed {
  readonly body?: (Partial<Pick<ReadableStream<Uint8Array>, 'getReader'>> & Partial<AsyncIterable<Uint8Array>>) | null;
}

interface Pieces {
  next(): Promise<IteratorResult<Uint8Array, unknown>>;
  return?(): Promise<unknown>;
}

function piecesOf({ body }: Streamed): Pieces | undefined {
  // Before the iterator, which Safari does not have.
  const reader = body?.getReader?.();
  if (reader === undefined) return body?.[Symbol.asyncIterator]?.();
  return { next: () => reader.read(), return: () => reader.cancel() };
}

/**
 * Feeds the body to `take` until it ends or nobody is interested any more.
 *
 * @returns whether there is a body that can be read piece by piece
 */
export async function readBody(
  response: Streamed,
  reading: Subscription,
  take: (bytes: Uint8Array) => unknown,
): Promise<boolean> {
  const pieces = piecesOf(response);
  if (pieces === undefined) return false;
  reading.add(() => {
    // A `fetch` of the caller's may not heed the signal. What a body that is given up says to that matters to nobody.
    pieces.return?.().catch(() => undefined);
  });
  for (;;) {
    const { done, value } = await pieces.next();
    if (done === true || reading.closed || take(value) === false) return true;
  }
}

/** The body of an answer that is no stream, as text: no more of it than a receipt or a refusal has. */
export async function readText(response: Response, reading: Subscription): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  const take = (bytes: Uint8Array): boolean => (text += decoder.decode(bytes, { stream: true })).length < longestBody;
  return (await readBody(response, reading, take)) ? text : response.text();
}
