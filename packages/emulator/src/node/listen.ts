import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { objectOption, optionNames } from '@whisul-rx/core/adapter';
import { apiError } from '../api/api-error.js';
import type { Emulator } from '../create-emulator.js';

/** Where an emulator listens. */
export interface ListenOptions {
  /**
   * `0` takes a free one.
   * @default 0
   */
  port?: number;
  /**
   * The address to listen on; the default keeps it on this machine.
   * @default '127.0.0.1'
   */
  host?: string;
}

/** An emulator on a port. */
export interface EmulatorServer {
  /** The base URL for clients: `http://127.0.0.1:4321/api`. */
  readonly url: string;
  /** Frees the port and ends every connection, answered or not. The emulator itself stays usable. */
  close(): Promise<void>;
}

async function readBody(incoming: IncomingMessage): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  await finished(incoming);
  return chunks.length === 0 ? undefined : Buffer.concat(chunks);
}

/** The URL that is asked for; nothing where the target and `Host` make none. */
function readUrl({ url: target = '/', headers }: IncomingMessage, origin: string): URL | undefined {
  const base = `http://${headers.host || origin}`;
  // A `Host` is a host: with a path or a name before it, others would be asked for.
  if (!URL.canParse(base) || new URL(base).href !== `${new URL(base).origin}/`) return undefined;
  // A path may begin with two slashes and is no host for that; a whole URL, as sent to a proxy, has a path, too.
  if (target.startsWith('/')) return new URL(base + target);
  if (!URL.canParse(target, base)) return undefined;
  const { pathname, search } = new URL(target, base);
  return new URL(base + pathname + search);
}

/** The emulator's answer, or its own to what the platform has no `Request` for. */
async function respond(emulator: Emulator, incoming: IncomingMessage, origin: string, signal: AbortSignal) {
  const { method = 'GET', headers } = incoming;
  const body = await readBody(incoming);
  const url = readUrl(incoming, origin);
  if (url === undefined) return apiError(400, 'The request’s target and Host make no URL.');
  if (method === 'TRACE') {
    const refusal = apiError(405, 'TRACE is not answered.');
    refusal.headers.set('allow', 'GET, HEAD, POST, OPTIONS');
    return refusal;
  }
  const bodyless = method === 'GET' || method === 'HEAD' || body === undefined;
  const request = new Request(url, {
    method,
    headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      [value ?? []].flat().map((single) => [name, single]),
    ),
    // Redirects are the caller's to follow.
    redirect: 'manual',
    signal,
    ...(!bodyless && { body }),
  });
  return emulator.fetch(request);
}

/** Resolves when the bytes are on their way, or the client is gone. */
function write(outgoing: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    outgoing.once('close', resolve);
    outgoing.write(bytes, () => {
      outgoing.off('close', resolve);
      resolve();
    });
  });
}

async function answer(emulator: Emulator, incoming: IncomingMessage, outgoing: ServerResponse, origin: string) {
  const left = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) left.abort();
  });
  try {
    const response = await respond(emulator, incoming, origin, left.signal);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    // An answer that breaks off after its head needs that head to be sent.
    outgoing.flushHeaders();
    if (response.body) {
      const reader = response.body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) await write(outgoing, part.value);
    }
    outgoing.end();
  } catch {
    // The log has the reason. Once bytes were sent the socket is ended (FIN), not reset: with a reset the platforms may
    // throw away what the client has not read yet, and it would depend on luck how much of the answer a test sees.
    if (outgoing.headersSent) outgoing.destroy();
    else incoming.socket.resetAndDestroy();
  }
}

/**
 * Puts an emulator on a port. A fault `reset` resets the socket, and in the middle of an answer ends it, so that the
 * client surely gets the half that was sent; a `hang` leaves it open until the client leaves or `close()` is called.
 * What is no request for `fetch` (TRACE, a malformed `Host`) is answered with 405 or 400 and is not in the log.
 * Rejects when the port is taken (`EADDRINUSE`), and with the `WhisulError` `invalid_request` for an option that does not
 * exist.
 *
 * @example
 * ```ts
 * import { createEmulator } from '@whisul-rx/emulator';
 * import { listen } from '@whisul-rx/emulator/node';
 *
 * const server = await listen(createEmulator(), { port: 4321 });
 * console.log(`WHISUL_BASE_URL=${server.url}`);
 * await server.close();
 * ```
 */
export async function listen(emulator: Emulator, options: ListenOptions = {}): Promise<EmulatorServer> {
  const { port = 0 } = objectOption('options', options);
  optionNames(options, { port: 1, host: 1 });
  // To Node an empty host is every address there is.
  const host = options.host || '127.0.0.1';
  let origin = '';
  const server = createServer((incoming, outgoing) => void answer(emulator, incoming, outgoing, origin));
  // Closing idle connections on a timer would race with the next request on them, and look like a scripted reset.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The emulator needs a TCP port.');
  origin = `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  return {
    url: `http://${origin}/api`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
