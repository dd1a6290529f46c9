import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Asks a web-standard handler and writes its answer: for the emulator's API, songs and covers. */
export async function answerWeb(
  handle: (request: Request) => Promise<Response>,
  origin: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const abort = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) abort.abort();
  });
  const { method = 'GET' } = req;
  const chunks: Buffer[] = [];
  for await (const chunk of req) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) if (typeof value === 'string') headers.set(name, value);
  const body = method === 'GET' || method === 'HEAD' ? null : Buffer.concat(chunks);
  const response = await handle(
    new Request(origin + (req.url ?? '/'), { method, headers, body, signal: abort.signal }),
  );
  res.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) res.end();
  else await pipeline(response.body, res);
}
