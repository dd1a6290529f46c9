import { parseJson, redact } from './redact.js';
import { retryAfterMs } from './retry-after.js';
import type { TransportResponse } from './transport.js';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An answer. What it gives is free of the key, except for `raw`, which is only to be compared. */
export class ApiAnswer {
  readonly status: number;
  readonly raw: string;
  readonly #response: TransportResponse | undefined;
  readonly #key: string;

  constructor(response: TransportResponse | undefined, status: number, text: unknown, key: string) {
    this.status = status;
    // Not every transport takes a byte order mark away, and JSON has none.
    this.raw = typeof text !== 'string' ? '' : text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.#response = response;
    this.#key = key;
  }

  get isSuccess(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** A header, as far as a transport made by hand has any. */
  get(name: string): string | null {
    try {
      const value: unknown = this.#response?.headers.get(name);
      return typeof value === 'string' ? value : null;
    } catch {
      return null;
    }
  }

  /** The text, for messages. */
  get text(): string {
    return redact(this.raw, this.#key);
  }

  /** The JSON object in the text, read anew each time, or `undefined`. */
  get object(): Record<string, unknown> | undefined {
    try {
      const value = parseJson(this.raw, this.#key);
      return isRecord(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  get requestId(): string | undefined {
    return redact(this.get('x-request-id') ?? '', this.#key) || undefined;
  }

  retryAfter(now: number): number | undefined {
    return this.status === 429 || this.status === 503 ? retryAfterMs(this, now) : undefined;
  }
}
