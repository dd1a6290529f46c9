import { WhisulError } from '@whisul-rx/core';
import type { Telemetry } from 'bullmq';
import { type Observable, ReplaySubject } from 'rxjs';
import { type ClusterAddress, type Links, openLinks } from './open-links.js';
import { RecordEvents } from './record-events.js';
import type { Server } from './server.js';

/** One process's place in its cluster. Connects when it is first used, and again when that has failed. */
export class Cluster implements ClusterAddress {
  readonly queueName: string;
  readonly server: Server;
  readonly queueOptions: ClusterAddress['queueOptions'];
  readonly events = new RecordEvents();
  readonly #closed$ = new ReplaySubject<WhisulError>(1);
  /** Emits the error that streams end with when the engine is closed; late subscribers get it too. */
  readonly closed$: Observable<WhisulError> = this.#closed$.asObservable();
  #opening: Promise<Links> | undefined;
  #isClosed = false;

  constructor(server: Server, queueName: string, telemetry?: Telemetry) {
    this.server = server;
    this.queueName = queueName;
    this.queueOptions = telemetry === undefined ? { connection: {} } : { connection: {}, telemetry };
  }

  isClosed(): boolean {
    return this.#isClosed;
  }

  /** Rejects with an `engine` error when the server cannot be reached or used. */
  links(): Promise<Links> {
    if (this.#isClosed && this.#opening === undefined) return Promise.reject(closedError());
    this.#opening ??= openLinks(this, this.events).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Ends all streams of this process. */
  stop(): void {
    this.#isClosed = true;
    this.#closed$.next(closedError());
  }

  /** Whether the server answers, soon. */
  async isReachable(): Promise<boolean> {
    const links = await this.#opened();
    return links === undefined || links.isReachable();
  }

  /** Gives the connections up, after the last use of them; with `false` without a word to the server. */
  async disconnect(isReachable: boolean): Promise<void> {
    const links = await this.#opened();
    await links?.close(isReachable);
  }

  async #opened(): Promise<Links | undefined> {
    return this.#opening?.catch(() => undefined);
  }
}

/** What streams of a closed engine end with. */
export function closedError(): WhisulError {
  return new WhisulError('closed', 'The engine was closed.');
}
