import type { MediaFile } from './media-library.js';

/** The bytes a `Range` header asks for; `undefined` when there is none that counts, `null` when it cannot be met. */
function readRange(header: string | null, length: number): { start: number; end: number } | null | undefined {
  // Several ranges, or ones that make no sense, may be ignored: the whole file is a right answer to them.
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(header?.replace(/\s/g, '') ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  if (first === '') return Number(last) === 0 ? null : { start: Math.max(0, length - Number(last)), end: length - 1 };
  if (last !== '' && Number(last) < Number(first)) return undefined;
  const start = Number(first);
  return start >= length ? null : { start, end: last === '' ? length - 1 : Math.min(Number(last), length - 1) };
}

/** Answers a GET or HEAD for a file as a CDN would: byte ranges, any origin, no key. */
export function serveFile(request: Request, { type, bytes }: MediaFile): Response {
  const headers = {
    'accept-ranges': 'bytes',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'accept-ranges, content-length, content-range',
    'content-type': type,
  };
  // The files have no validators, so that none can match (RFC 9110, 13.1.5): such a range does not count.
  const counts = request.method === 'GET' && !request.headers.has('if-range');
  const range = counts ? readRange(request.headers.get('range'), bytes.length) : undefined;
  if (range === null) {
    return new Response(null, { status: 416, headers: { ...headers, 'content-range': `bytes */${bytes.length}` } });
  }
  const part = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
  return new Response(request.method === 'HEAD' ? null : part, {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      'content-length': String(part.length),
      ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${bytes.length}` }),
    },
  });
}
