import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/**
 * What an EventSource does, without a line of ours: reads frames, comes back with the id of the last one when the
 * connection ends, and stops for good at a 204.
 */
export class PlainEventSource {
  /** The ids of the frames, of each connection that was opened. */
  readonly connections: string[][] = [];
  /** It got its 204. */
  isStopped = false;
  readonly #url: string;
  readonly #leave = new AbortController();
  #lastId = '';
  #retry = 0;

  constructor(url: string) {
    this.#url = url;
    this.#run().catch(() => undefined); // it was closed
  }

  close(): void {
    this.#leave.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#leave;
    while (!this.isStopped) {
      // What breaks the connection, also in the middle, is a reason to come back.
      this.isStopped = await this.#connect().catch(() => false);
      if (!this.isStopped) await setTimeout(this.#retry, undefined, { signal });
    }
  }

  async #connect(): Promise<boolean> {
    const headers = { accept: 'text/event-stream', ...(this.#lastId && { 'last-event-id': this.#lastId }) };
    const request = get(this.#url, { headers, agent: false, signal: this.#leave.signal });
    const [response]: IncomingMessage[] = await once(request, 'response');
    if (response?.statusCode === 204) return true;
    const ids: string[] = [];
    this.connections.push(ids);
    let text = '';
    for await (const bytes of response ?? []) {
      text += String(bytes);
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const [, name, value = ''] = /^(id|retry): (.*)$/.exec(line) ?? [];
        if (name === 'retry') this.#retry = Number(value);
        if (name === 'id') ids.push((this.#lastId = value));
      }
    }
    return false;
  }
}
