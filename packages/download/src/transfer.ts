import { Observable, throwError, timeout } from 'rxjs';
import type { PartFile } from './part-file.js';
import { readHead } from './read-head.js';
import { reasonOf, type SaveErrors } from './save-error.js';
import type { WhisulError } from '@whisul-rx/core';

/** A failure that another try cannot mend. */
export class FinalFailure extends Error {
  readonly error: WhisulError;
  constructor(error: WhisulError) {
    super(error.message);
    this.error = error;
  }
}

/** What is known of a file between two tries. */
export interface Transfer {
  readonly url: string;
  readonly part: PartFile;
  readonly errors: SaveErrors;
  readonly fetch: typeof globalThis.fetch;
  readonly maxBytes: number;
  readonly silence: number;
  /** Bytes that are in the part file. */
  received: number;
  total: number | null;
  validator: string | undefined;
}

/** Codes of a certificate that this side refuses: it will refuse it again. */
const certificate = /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO_SELF|HOSTNAME_MISMATCH|ERR_TLS_CERT)/;

/**
 * One try to get the bytes that are missing. Emits when the head is in and after each chunk that was written, and
 * completes when the file is whole. Unsubscribing aborts the request.
 */
export function transfer$(transfer: Transfer): Observable<Transfer> {
  const { errors, silence } = transfer;
  const bytes$ = new Observable<Transfer>((subscriber) => {
    const controller = new AbortController();
    const { signal } = controller;
    receive(transfer, signal, () => {
      subscriber.next(transfer);
    }).then(
      () => {
        subscriber.complete();
      },
      (error: unknown) => {
        subscriber.error(error);
      },
    );
    return () => {
      controller.abort();
    };
  });
  const late = () => throwError(() => errors('request_timeout', `Nothing came for ${String(silence)} ms.`));
  return bytes$.pipe(timeout({ each: silence, with: late }));
}

async function receive(transfer: Transfer, signal: AbortSignal, report: () => void): Promise<void> {
  const { errors } = transfer;
  const response = await ask(transfer, signal);
  const head = readHead(response, { from: transfer.received, total: transfer.total }, errors);
  if (head === undefined || head.start < transfer.received) await startAgain(transfer);
  if (head === undefined) throw errors('invalid_response', 'The file changed while it was sent.');
  transfer.total = head.total;
  transfer.validator = head.validator;
  refuseLong(transfer, head.total ?? 0);
  report();
  for await (const chunk of chunks(response, transfer)) {
    signal.throwIfAborted();
    refuseLong(transfer, transfer.received + chunk.length);
    await onDisk(transfer, transfer.part.write(chunk, transfer.received));
    signal.throwIfAborted();
    transfer.received += chunk.length;
    report();
  }
  const { received, total } = transfer;
  if (received === 0) throw errors('invalid_response', 'The server sent an empty file.');
  if (total === null || received === total) return;
  if (received < total) throw errors('network', `The transfer ended after ${received} of ${total} bytes.`);
  await startAgain(transfer);
  throw errors('invalid_response', `The server sent ${received} bytes and had announced ${total}.`);
}

async function ask({ url, errors, fetch, ...known }: Transfer, signal: AbortSignal): Promise<Response> {
  const headers = new Headers({ 'accept-encoding': 'identity' });
  if (known.received > 0) {
    headers.set('range', `bytes=${known.received}-`);
    if (known.validator !== undefined) headers.set('if-range', known.validator);
  }
  try {
    return await fetch(url, { headers, signal, cache: 'no-store', credentials: 'omit' });
  } catch (cause) {
    throw connectionFailure(cause, errors);
  }
}

function connectionFailure(cause: unknown, errors: SaveErrors): unknown {
  const reason = reasonOf(cause);
  for (let link = cause; link instanceof Error; link = link.cause) {
    if (!('code' in link) || typeof link.code !== 'string' || !certificate.test(link.code)) continue;
    const advice = 'To trust it, name its authority in NODE_EXTRA_CA_CERTS.';
    return new FinalFailure(
      errors('network', `The server's certificate is not trusted (${reason}). ${advice}`, { cause }),
    );
  }
  return errors('network', `The connection failed (${reason}).`, { cause });
}

/** The body, whether it is a web stream or, as node-fetch has it, a stream of Node's. */
async function* chunks({ body }: Response, { errors }: Transfer): AsyncGenerator<Uint8Array> {
  const stream: unknown = body ?? [];
  if (!isIterable(stream)) {
    throw new FinalFailure(errors('invalid_response', 'The option `fetch` gives answers without a body to read.'));
  }
  try {
    for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
  } catch (cause) {
    throw errors('network', `The transfer was cut (${reasonOf(cause)}).`, { cause });
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

function refuseLong({ maxBytes, errors }: Transfer, length: number): void {
  if (length <= maxBytes) return;
  const message = `It is longer than the ${maxBytes} bytes that the option \`maxBytes\` allows.`;
  throw new FinalFailure(errors('invalid_response', message));
}

async function startAgain(transfer: Transfer): Promise<void> {
  transfer.received = 0;
  transfer.total = null;
  transfer.validator = undefined;
  await onDisk(transfer, transfer.part.clear());
}

/** Waits for the disk, whose refusals no other try can mend. */
export async function onDisk<T>({ errors }: Pick<Transfer, 'errors'>, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    throw new FinalFailure(errors('invalid_request', `It cannot be written (${reasonOf(cause)}).`, { cause }));
  }
}
