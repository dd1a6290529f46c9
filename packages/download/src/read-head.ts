import { codeOfStatus, retryAfterMs } from '@whisul-rx/core/adapter';
import type { SaveErrors } from './save-error.js';

/** What the head of an answer says of its body. */
export interface Head {
  /** Where in the file its first byte belongs. */
  readonly start: number;
  /** Bytes of the whole file, or null when the answer does not say. */
  readonly total: number | null;
  /** What a later request for the rest can name, so that it gets the rest of the same file; `undefined` if there is none. */
  readonly validator: string | undefined;
}

/** What was asked for. */
export interface Asked {
  /** The first byte that is missing. */
  readonly from: number;
  /** What an earlier answer said of the whole length. */
  readonly total: number | null;
}

/** What portals and servers with an error send in the place of a file. */
const notFile = /^\s*(text\/html|(text|application)\/([\w.-]+\+)?(json|xml))\s*(;|$)/i;

/**
 * Reads an answer's head. `undefined` stands for the rest of another file than the one that was begun: the transfer has
 * to start again.
 *
 * @throws WhisulError for an answer that is not the file
 */
export function readHead(response: Response, asked: Asked, errors: SaveErrors): Head | undefined {
  const { status, headers } = response;
  const validator = readValidator(headers);
  if (status === 200) {
    if (notFile.test(headers.get('content-type') ?? '')) {
      throw errors('invalid_response', 'The server sent HTML, JSON or XML instead.', { status });
    }
    return { start: 0, total: readLength(headers), validator };
  }
  if (status === 206 && asked.from > 0) {
    const [, first, whole] = /^bytes (\d+)-\d+\/(\d+|\*)$/i.exec(headers.get('content-range')?.trim() ?? '') ?? [];
    const total = whole === undefined || whole === '*' ? asked.total : Number(whole);
    if (Number(first) !== asked.from || (asked.total !== null && total !== asked.total)) return undefined;
    return { start: asked.from, total, validator };
  }
  if (status === 416 && asked.from > 0) return undefined;
  const message = `The server answered with HTTP ${String(status)}.`;
  throw errors(codeOfStatus(status), message, { status, retryAfter: retryAfterMs(headers, Date.now()) });
}

/** The length that counts is that of the file; that of a compressed body is another one. */
function readLength(headers: Headers): number | null {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  const length = headers.get('content-length')?.trim() ?? '';
  return (encoding === '' || encoding === 'identity') && /^\d+$/.test(length) ? Number(length) : null;
}

/** A weak ETag does not prove that the bytes are the same. */
function readValidator(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return tag?.startsWith('"') === true ? tag : (headers.get('last-modified') ?? undefined);
}
