import type { Dispatcher } from 'undici';
import { BodyText } from './body-text.js';
import type { TransportResponse } from './transport.js';

type Controller = Dispatcher.DispatchController;
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** What becomes of a promise that is not asked for yet. */
interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * One request on its way through undici, and its answer. It takes the pieces of the body as the parser gives them: a
 * stream of undici's, and a signal for it, cost as much as the rest of the request.
 */
export class UndiciExchange implements Dispatcher.DispatchHandler {
  readonly #head: Settle<TransportResponse>;
  readonly #body = new BodyText();
  #controller: Controller | undefined;
  /** The head of the answer is in. */
  #answered = false;
  /** It has ended in one way or the other; what comes later is not heard. */
  #ended = false;
  #error: Error | undefined;
  #reader: Settle<string> | undefined;
  readonly #onEnd: (connected: boolean) => void;

  /** @param onEnd - hears of its end, and whether there was a connection for it */
  constructor(head: Settle<TransportResponse>, onEnd: (connected: boolean) => void) {
    this.#head = head;
    this.#onEnd = onEnd;
  }

  onRequestStart(controller: Controller): void {
    // Thrown and not told to the controller, which would close a connection that others can use.
    if (this.#error !== undefined) throw this.#error;
    this.#controller = controller;
  }

  onResponseStart(controller: Controller, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#answered = true;
    const get = (name: string): string | null => {
      const value = headers[name.toLowerCase()];
      return value === undefined ? null : String(value);
    };
    this.#head.resolve({ status, headers: { get }, text: () => this.#text() });
    this.#read(controller, () => {
      this.#body.expect(Number(headers['content-length']));
    });
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    this.#read(controller, () => {
      this.#body.add(chunk);
    });
  }

  onResponseEnd(): void {
    this.#end();
  }

  /** The controller is missing when the request could not even begin. */
  onResponseError(_controller: Controller | undefined, error: Error): void {
    this.#end(error);
  }

  /** Gives it up, wherever it is: in the queue, before its answer, or in the middle of it. */
  abort(reason: Error): void {
    this.#end(reason);
    this.#controller?.abort(reason);
  }

  #read(controller: Controller, read: () => void): void {
    try {
      if (!this.#ended) read();
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      this.#end(reason);
      controller.abort(reason);
    }
  }

  #end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    if (!this.#answered) this.#head.reject(error);
    else if (error !== undefined) this.#reader?.reject(error);
    else this.#reader?.resolve(this.#body.toString());
    this.#onEnd(this.#controller !== undefined);
  }

  #text(): Promise<string> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(this.#body.toString());
    return new Promise((resolve, reject) => (this.#reader = { resolve, reject }));
  }
}
