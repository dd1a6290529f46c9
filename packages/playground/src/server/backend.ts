import type { Whisul } from '@whisul-rx/core';

/** The Whisul behind a playground. */
export interface Backend {
  /** Whether songs cost money: the page says so and asks first. */
  readonly paid: boolean;
  /** How long a job usually takes, in ms. */
  readonly usualDuration: number;
  /** The origins, beside the page's own, that songs and covers may come from. */
  readonly mediaOrigins: readonly string[];
  /** What answers requests that are neither for the page nor for its jobs. */
  readonly answer?: ((request: Request) => Promise<Response>) | undefined;
  /** A client of it, for a page at this origin. */
  connect(origin: string): Whisul;
}
