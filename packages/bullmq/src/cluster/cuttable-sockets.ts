import { Socket } from 'node:net';

/**
 * The sockets of `pg`, which waits for the server's last word when it closes a connection, and would wait for ever where
 * the network stalls.
 */
export class CuttableSockets {
  readonly #open = new Set<Socket>();

  /** The option `stream` of `pg`. */
  readonly stream = (): Socket => {
    const socket = new Socket();
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
