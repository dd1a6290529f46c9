import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a server does with a request that it has read; `index` counts them from 0. */
export type Handler = (response: ServerResponse, seen: SeenCall, index: number, socket: Socket) => void;

export interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  /** The connection was closed before the answer was out. */
  gone: boolean;
}

export interface HostileServer {
  readonly url: string;
  readonly calls: readonly SeenCall[];
}

/** A server on a socket of its own that misbehaves as told, and is gone when the test is finished. */
export async function hostileServer(handle: Handler, port = 0): Promise<HostileServer> {
  const calls: SeenCall[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const seen = { method, path, body, headers, gone: false };
      response.on('close', () => (seen.gone ||= !response.writableFinished));
      handle(response, seen, calls.push(seen) - 1, request.socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${address.port}/api`, calls };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** The head of an answer and the first half of its body, then nothing, or the end of the connection. */
export function half(response: ServerResponse, status: number, body: unknown, then: 'hang' | 'reset' | 'close'): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': String(text.length) });
  response.write(text.slice(0, text.length / 2), () => {
    if (then === 'reset') response.socket?.resetAndDestroy();
    if (then === 'close') response.socket?.end();
  });
}
