/** How many places there are. */
export interface SeatLimits {
  readonly total: number;
  /** For the requests of one connection: HTTP/2 and pipelining put many on it. */
  readonly perConnection: number;
  readonly perKey: number;
}

/** A place of a request, held until it is released as often as it was kept. */
export interface Seat {
  /** For what goes on after the answer, such as a stream. */
  keep(): Seat;
  release(): void;
}

/** The places of one handler: each request that is being answered has one, and each open stream. */
export class Seats {
  #taken = 0;
  readonly #held = new Map<object | string, number>();

  constructor(readonly limits: SeatLimits) {}

  /** @returns undefined when there is no place, of all or for this connection or key */
  take(connection: object | undefined, key: string | undefined): Seat | undefined {
    const { total, perConnection, perKey } = this.limits;
    if (this.#taken >= total) return undefined;
    if (connection !== undefined && (this.#held.get(connection) ?? 0) >= perConnection) return undefined;
    if (key !== undefined && (this.#held.get(key) ?? 0) >= perKey) return undefined;
    this.#taken += 1;
    if (connection !== undefined) this.#add(connection, 1);
    if (key !== undefined) this.#add(key, 1);
    return new HeldSeat(this, connection, key);
  }

  /** For a {@link Seat}. */
  free(connection: object | undefined, key: string | undefined): void {
    this.#taken -= 1;
    if (connection !== undefined) this.#add(connection, -1);
    if (key !== undefined) this.#add(key, -1);
  }

  #add(owner: object | string, change: number): void {
    const count = (this.#held.get(owner) ?? 0) + change;
    if (count > 0) this.#held.set(owner, count);
    else this.#held.delete(owner);
  }
}

// One for each open stream: an object with a method weighs less than closures.
class HeldSeat implements Seat {
  #holds = 1;

  constructor(
    private readonly seats: Seats,
    private readonly connection: object | undefined,
    private readonly key: string | undefined,
  ) {}

  keep(): Seat {
    this.#holds += 1;
    return this;
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.seats.free(this.connection, this.key);
  }
}
