import { WhisulError } from '../model/whisul-error.js';

/** More than the longest answer of Whisul by far: what does not end must not fill the memory. */
const maxBytes = 1_048_576;

const utf8 = new TextDecoder();

/** The body of one answer as it comes in, piece by piece. Pieces may end in the middle of a character. */
export class BodyText {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** @throws WhisulError `invalid_response` when it becomes too long; then its connection has to be given up */
  add(piece: Uint8Array): void {
    this.expect(this.#bytes + piece.byteLength);
    this.#bytes += piece.byteLength;
    this.#pieces.push(piece);
  }

  /** Hears how long the body says that it is, or is by now. @throws as {@link add} does */
  expect(bytes: number): void {
    if (bytes > maxBytes) throw new WhisulError('invalid_response', 'The answer is longer than 1 MiB.');
  }

  /** All of it, as UTF-8 without a byte order mark. */
  toString(): string {
    const [first] = this.#pieces;
    if (first === undefined || this.#pieces.length === 1) return utf8.decode(first);
    const whole = new Uint8Array(this.#bytes);
    let end = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, end);
      end += piece.byteLength;
    }
    return utf8.decode(whole);
  }
}
