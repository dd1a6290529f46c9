/**
 * The laws every job source and engine must pass, as vitest suites.
 *
 * @packageDocumentation
 */
import type { JobEngine, JobSource } from '@whisul-rx/core';
import { describe, test } from 'vitest';
import { engineLaws } from './contract/engine-laws.js';
import { tryLaw, type Adapter, type Law } from './contract/law.js';
import { receiptLaws } from './contract/receipt-laws.js';
import { sharingLaws } from './contract/sharing-laws.js';
import { streamLaws } from './contract/stream-laws.js';
import type { Emulator } from './create-emulator.js';

/** A source that is ready to be tried. */
export interface SourceUnderTest {
  readonly source: JobSource;
  /** Frees all that the factory opened. The suite closes the emulator itself. */
  close(): Promise<void> | void;
}

/** An engine that is ready to be tried. */
export interface EngineUnderTest {
  readonly engine: JobEngine;
  /** Frees all that the factory opened. The suite closes the emulator itself. */
  close(): Promise<void> | void;
}

function describeLaws<Subject>(
  name: string,
  laws: readonly Law<Subject>[],
  factory: (emulator: Emulator) => Promise<Adapter<Subject>>,
): void {
  // One after the other: a law listens to what RxJS reports for the whole process.
  describe(name, { concurrent: false }, () => {
    for (const law of laws) test(law.name, () => tryLaw(law, factory), 120_000);
  });
}

/**
 * Describes a suite that holds a source to the laws of `docs/semantics.md`: one test a law, each on a new source in
 * front of a new emulator, whose clock the suite moves.
 *
 * @param factory - sets up the source in front of the emulator it is given, through `emulator.fetch` or a port. Any
 * key is accepted. The source must poll about every 15 ms (`schedule: fixedSchedule(15)`), retry after a few
 * (`retry: { baseDelay: 1, maxDelay: 20 }`), give up at the tenth failure in a row, and notice within 15 s that an answer
 * breaks off or does not come (`requestTimeout: 5_000`, since some transports notice by nothing else). A request that
 * nobody waits for any more must end well before that.
 * @example
 * ```ts
 * import { createWhisul, fixedSchedule } from '@whisul-rx/core';
 * import { describeJobSource } from '@whisul-rx/emulator/contract';
 *
 * describeJobSource('my source', ({ fetch }) => {
 *   const whisul = createWhisul({
 *     apiKey: 'any',
 *     baseUrl: 'http://emulator.local/api',
 *     fetch,
 *     schedule: fixedSchedule(15),
 *     retry: { baseDelay: 1, maxDelay: 20 },
 *     requestTimeout: 5_000,
 *   });
 *   return { source: whisul, close: () => whisul.close() };
 * });
 * ```
 */
export function describeJobSource(
  name: string,
  factory: (emulator: Emulator) => Promise<SourceUnderTest> | SourceUnderTest,
): void {
  describeLaws(name, [...streamLaws, ...sharingLaws], async (emulator) => {
    const adapter = await factory(emulator);
    return { subject: adapter.source, close: () => adapter.close() };
  });
}

/**
 * Describes a suite that holds an engine to the laws of `docs/semantics.md`: all that {@link describeJobSource} asks,
 * and what starting a job promises. Above all: no POST that may have been accepted is ever sent again.
 *
 * @param factory - as for {@link describeJobSource}.
 * @example
 * ```ts
 * import { createWhisul, fixedSchedule } from '@whisul-rx/core';
 * import { describeJobEngine } from '@whisul-rx/emulator/contract';
 * import { listen } from '@whisul-rx/emulator/node';
 *
 * describeJobEngine('the client over a port', async (emulator) => {
 *   const server = await listen(emulator);
 *   const whisul = createWhisul({
 *     apiKey: 'any',
 *     baseUrl: server.url,
 *     schedule: fixedSchedule(15),
 *     retry: { baseDelay: 1, maxDelay: 20 },
 *     requestTimeout: 5_000,
 *   });
 *   return {
 *     engine: whisul,
 *     async close() {
 *       whisul.close();
 *       await server.close();
 *     },
 *   };
 * });
 * ```
 */
export function describeJobEngine(
  name: string,
  factory: (emulator: Emulator) => Promise<EngineUnderTest> | EngineUnderTest,
): void {
  describeLaws<JobEngine>(name, [...streamLaws, ...sharingLaws, ...engineLaws, ...receiptLaws], async (emulator) => {
    const adapter = await factory(emulator);
    return { subject: adapter.engine, close: () => adapter.close() };
  });
}
