import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port that stays free while its server is down for a while. The system gives neither port 0 nor a connection that goes
 * out a port from this range; of its own it would give the same one to others, or connect a client to itself.
 */
export async function freePort(): Promise<number> {
  while (true) {
    const port = randomInt(10_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
