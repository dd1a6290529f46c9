import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { Cleanup } from './start-member.js';

/**
 * Makes a server look like another one: in what it says, one text is replaced by another of the same length. With
 * `undefined` the connection is cut.
 */
export async function disguisedServer(
  onTestFinished: Cleanup,
  target: string,
  disguise: (said: string) => string | undefined,
): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), '127.0.0.1');
    const mask = new Transform({
      transform(chunk: Buffer, _, done) {
        const shown = disguise(chunk.toString('latin1'));
        if (shown === undefined) near.destroy();
        else done(null, Buffer.from(shown, 'latin1'));
      },
    });
    near.pipe(far);
    far.pipe(mask).pipe(near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
    return Promise.resolve();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy needs a port.');
  const url = new URL(target);
  url.port = String(address.port);
  return url.href;
}
