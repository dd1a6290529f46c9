import type { Refusal } from './refusal.js';

const encoder = new TextEncoder();

/** One block of a stream, framed once; every connection is sent the same bytes. */
export class Frame {
  #bytes: Uint8Array | undefined;

  /**
   * @param text - the block, blank line included
   * @param json - its data
   * @param id - `{job}:{status}` of a state; tells the transitions of a job apart
   * @param final - nothing may take this frame's place while it waits
   * @param refusal - what went wrong, where the frame tells a problem
   */
  constructor(
    readonly text: string,
    readonly json = '',
    readonly id = '',
    readonly final = false,
    readonly refusal?: Refusal,
  ) {}

  /** The block in UTF-8, made at the first call. */
  get bytes(): Uint8Array {
    return (this.#bytes ??= encoder.encode(this.text));
  }
}

// The three characters that end a line or make a reader drop an id.
const breakers = /[\r\n\0]/g;

/** A value without the characters that would break out of its line. */
export function oneLine(value: string): string {
  return value.replace(breakers, '');
}

function field(name: string, value: string): string {
  return `${name}: ${oneLine(value)}\n`;
}

/**
 * Frames an event whose data is one line of JSON. CR, LF and NUL cannot reach the wire inside any field.
 *
 * @param json - as `toJson` writes it
 */
export function encodeEvent(json: string, name: { event?: string; id?: string } = {}): string {
  const event = name.event === undefined ? '' : field('event', name.event);
  const id = name.id === undefined ? '' : field('id', name.id);
  return `${event}${id}${field('data', json)}\n`;
}

/**
 * One line of JSON.
 *
 * @throws TypeError when the value has no JSON form, instead of giving `undefined`
 */
export function toJson(value: unknown): string {
  const json: unknown = JSON.stringify(value);
  if (typeof json !== 'string') throw new TypeError('This value cannot be written as JSON.');
  return json;
}
