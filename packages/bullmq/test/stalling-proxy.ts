import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Cleanup } from './start-member.js';

/** A network between a process and its server, which can stall without a word. */
export interface StallingProxy {
  /** The server's address, by way of this network. */
  readonly url: string;
  stall(): void;
  resume(): void;
}

export async function stallingProxy(onTestFinished: Cleanup, target: string): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
      if (isStalled) from.pause();
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
  return {
    url: url.href,
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
  };
}
