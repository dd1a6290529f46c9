import { connect, type Socket } from 'node:net';

/** A client that is nothing but a socket: it can stall, and vanish in the middle. */
export class RawClient {
  /** All that has come, head included. */
  text = '';
  readonly socket: Socket;
  /** Resolves when either side has ended the connection. */
  readonly closed: Promise<void>;

  constructor(port: number, path: string, more = 'accept: text/event-stream\r\n', method = 'GET') {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.setEncoding('utf8');
    this.socket.on('data', (chunk: string) => {
      this.text += chunk;
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('error', () => undefined); // a reset is one of the ways to go
      this.socket.on('close', () => {
        resolve();
      });
    });
    this.socket.write(`${method} ${path} HTTP/1.1\r\nhost: test\r\n${more}\r\n`);
  }

  /** How many frames with this in their text have come. */
  count(text: string): number {
    return this.text.split(text).length - 1;
  }
}
