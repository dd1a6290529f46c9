import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A request that a CDN got. */
interface CdnRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

interface Cdn {
  readonly url: string;
  readonly requests: readonly CdnRequest[];
  close(): Promise<void>;
}

/** Answers one request; `nth` counts the requests of its path from 1. */
export type CdnAnswer = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** A server of files on a port of its own. */
export async function startCdn(answers: Record<string, CdnAnswer>): Promise<Cdn> {
  const requests: CdnRequest[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const { headers } = request;
    requests.push({ path, range: headers.range, headers });
    const nth = requests.filter((earlier) => earlier.path === path).length;
    const answer = answers[path];
    if (answer === undefined) response.writeHead(404).end('no such file');
    else answer(request, response, nth);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Bytes that are different everywhere, so that a piece at the wrong place is seen. */
export function bytesOf(length: number, salt = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >> 8) * 7 + salt) % 251;
  return bytes;
}

interface FileOptions {
  /** Honour `Range`. */
  readonly ranges?: boolean;
  readonly etag?: string;
  readonly type?: string;
  /** Cut the connection after so many bytes of the n-th answer. */
  readonly cut?: (nth: number) => number | undefined;
}

/** Serves a file as CDNs do. */
export function file(bytes: Buffer, { ranges = true, etag, type = 'audio/mpeg', cut }: FileOptions = {}): CdnAnswer {
  return (request, response, nth) => {
    const { range, 'if-range': condition } = request.headers;
    const counts = ranges && range !== undefined && (condition === undefined || condition === etag);
    const start = counts ? Number(/\d+/.exec(range)?.[0]) : 0;
    const base = { 'content-type': type, ...(etag !== undefined && { etag }) };
    if (start >= bytes.length) {
      response.writeHead(416, { ...base, 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const part = bytes.subarray(start);
    const contentRange = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(counts ? 206 : 200, { ...base, 'content-length': part.length, ...(counts && contentRange) });
    const limit = cut?.(nth);
    if (limit === undefined) response.end(part);
    else response.write(part.subarray(0, limit), () => response.destroy());
  };
}
