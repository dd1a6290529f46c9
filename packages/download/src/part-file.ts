import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { partName } from './part-name.js';

/**
 * A file that is not whole yet, under a name of its own beside the one it will have. Its operations run one after the
 * other, also those of a try that was given up while it was writing.
 */
export class PartFile {
  readonly #path: string;
  readonly #part: string;
  #handle: FileHandle | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(path: string) {
    this.#path = path;
    this.#part = partName(path, randomBytes(4).toString('hex'));
  }

  /** Writes all of `bytes` at a place. Does nothing once the file was kept or discarded. */
  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#next(async (handle) => {
      for (let written = 0; written < bytes.length;) {
        written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
      }
    });
  }

  /** Creates the file, or empties it. */
  clear(): Promise<void> {
    return this.#next((handle) => handle.truncate(0));
  }

  /** Gives the whole file its name, once its bytes are on the disk. */
  keep(): Promise<void> {
    return this.#next(async (handle) => {
      await handle.sync();
      this.#handle = undefined;
      await handle.close();
      if (this.#isEnded()) return;
      await rename(this.#part, this.#path);
      this.#ended = true;
    });
  }

  /**
   * Removes what is there, unless it was kept. The name is free at once, also in a process that is about to end.
   *
   * @returns resolves when the file is closed, too
   */
  discard(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#ended = true;
    this.#remove();
    const close = async (): Promise<void> => {
      await this.#handle?.close();
      this.#remove();
    };
    // What was under way may still fail; the result is not needed any more.
    return this.#last.then(close).catch(() => undefined);
  }

  #remove(): void {
    try {
      rmSync(this.#part, { force: true });
    } catch {
      // Where an open file cannot be removed: the second time it is closed.
    }
  }

  /** Through a method: what it says changes while an operation waits. */
  #isEnded(): boolean {
    return this.#ended;
  }

  #next(operation: (handle: FileHandle) => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      if (this.#ended) return;
      if (this.#handle === undefined) {
        // Made at once: a file that is still being made could not be removed at once.
        closeSync(openSync(this.#part, 'wx'));
        this.#handle = await open(this.#part, 'r+');
      }
      if (!this.#isEnded()) await operation(this.#handle);
    };
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
