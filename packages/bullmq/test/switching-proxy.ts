import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Cleanup } from './start-member.js';

/** A load balancer in front of several servers, which cuts connections and moves clients from one to another. */
export interface SwitchingProxy {
  readonly origin: string;
  /** The ports that connections went to, in order. */
  readonly taken: readonly number[];
  /** Cuts all connections; new ones are cut, too, until `moveTo`. */
  cut(): void;
  /** Leads new connections to the server on that port. */
  moveTo(port: number): void;
}

/** Starts a proxy that leads to the server on that port. */
export async function startSwitchingProxy(onTestFinished: Cleanup, first: number): Promise<SwitchingProxy> {
  const sockets = new Set<Socket>();
  const taken: number[] = [];
  let target: number | undefined = first;
  const server = createServer((near) => {
    if (target === undefined) {
      near.resetAndDestroy();
      return;
    }
    taken.push(target);
    const far = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    target = undefined;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  onTestFinished(async () => {
    cut();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy needs a port.');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    taken,
    cut,
    moveTo(port) {
      target = port;
    },
  };
}
