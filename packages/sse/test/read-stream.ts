import { createParser } from 'eventsource-parser';

/** What a client reads off a stream. */
export interface Part {
  event?: string | undefined;
  id?: string | undefined;
  data?: string;
  comment?: string;
  retry?: number;
}

/** Reads the bytes of streams, a part at a time, with a parser that is not ours. */
export class StreamReader {
  readonly #parts: Part[] = [];
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({
    onEvent: ({ event, id, data }) => this.#parts.push({ event, id, data }),
    onComment: (comment) => this.#parts.push({ comment }),
    onRetry: (retry) => this.#parts.push({ retry }),
    onError: (error) => {
      throw error;
    },
  });
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(response: Response) {
    if (response.body === null) throw new Error('This response has no body.');
    this.#reader = response.body.getReader();
  }

  /** The next part, or undefined at the end. */
  async next(): Promise<Part | undefined> {
    for (;;) {
      const part = this.#parts.shift();
      if (part !== undefined) return part;
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#parser.feed(this.#decoder.decode(value, { stream: true }));
    }
  }

  /** The next part that is an event. */
  async event(): Promise<Part | undefined> {
    for (;;) {
      const part = await this.next();
      if (part === undefined || part.data !== undefined) return part;
    }
  }

  /** Everything up to the end. */
  async rest(): Promise<Part[]> {
    const parts: Part[] = [];
    for (let part = await this.next(); part !== undefined; part = await this.next()) parts.push(part);
    return parts;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** The events of a whole stream, in short: a state as its id, everything else by its name. */
export async function eventsOf(response: Response): Promise<string[]> {
  const parts = await new StreamReader(response).rest();
  return parts.flatMap(({ data, event, id }) => (data === undefined ? [] : [event ?? id ?? '']));
}
