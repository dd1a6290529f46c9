/**
 * The guarantees that every job source and engine gives, as vitest suites.
 *
 * @packageDocumentation
 */
import type { JobEngine, JobSource } from '@whisul-rx/core';
import { functionOption, objectOption, optionNames } from '@whisul-rx/core/adapter';
import { describeLaws } from './contract/describe-laws.js';
import { engineLaws } from './contract/engine-laws.js';
import { receiptLaws } from './contract/receipt-laws.js';
import { sharingLaws } from './contract/sharing-laws.js';
import { streamLaws } from './contract/stream-laws.js';
import { submittedLaws } from './contract/submitted-laws.js';
import { wireEngineLaws, wireLaws } from './contract/wire-laws.js';
import type { Emulator } from './create-emulator.js';

/** A source that is ready to be tested. */
export interface SourceUnderTest {
  readonly source: JobSource;
  /** Frees everything that `create` opened. The suite closes the emulator itself. */
  close(): Promise<void> | void;
}

/** An engine that is ready to be tested. */
export interface EngineUnderTest {
  readonly engine: JobEngine;
  /** Frees everything that `create` opened. The suite closes the emulator itself. */
  close(): Promise<void> | void;
}

/** How a suite gets an adapter, and how it breaks its connections. `Made` is what `create` gives. */
export interface AdapterSetup<Made extends SourceUnderTest | EngineUnderTest> {
  /**
   * Sets up the adapter in front of the emulator it is given, through `emulator.fetch` or a port. Called once for each
   * test. Any key is accepted. The adapter must
   * - poll about every 15 ms (`schedule: fixedSchedule(15)`),
   * - retry after a few ms (`retry: { baseDelay: 1, maxDelay: 20 }`) and give up at the tenth failure in a row,
   * - notice within 15 s that an answer breaks off or does not come (`requestTimeout: 5_000`; some transports have no
   *   other way to notice). When nobody waits for a request any more, it must end well before that.
   */
  create: (emulator: Emulator) => Promise<Made> | Made;
  /**
   * For adapters that have a connection of their own (to a gateway, to a cluster): breaks every connection that is open,
   * as a lost network does, and lets new ones in. The adapter must try to connect again after a few ms. With it, the
   * guarantees about lost connections and slow subscribers are tested, too.
   */
  breakConnection?: (made: Made) => Promise<void> | void;
}

function readSetup<Made extends SourceUnderTest | EngineUnderTest>(
  setup: AdapterSetup<Made> | AdapterSetup<Made>['create'],
): AdapterSetup<Made> {
  if (typeof setup === 'function') return { create: setup };
  optionNames(objectOption('setup', setup), { create: 1, breakConnection: 1 });
  functionOption('breakConnection', setup.breakConnection);
  functionOption('create', setup.create, true);
  return setup;
}

/**
 * Describes a suite that holds a source to its guarantees: one test for each, with a new source in front of a new
 * emulator, whose clock the suite moves. The first test says within 10 s what is missing in an adapter that cannot
 * follow a job at all; then the other tests are not run. The README lists the guarantees and their ids.
 *
 * @param setup - how to make the source; a function alone is its `create`.
 * @example
 * ```ts
 * import { createWhisul, fixedSchedule } from '@whisul-rx/core';
 * import { describeJobSource } from '@whisul-rx/emulator/contract';
 *
 * describeJobSource('my source', {
 *   create({ fetch }) {
 *     const whisul = createWhisul({
 *       apiKey: 'any',
 *       baseUrl: 'http://emulator.local/api',
 *       fetch,
 *       schedule: fixedSchedule(15),
 *       retry: { baseDelay: 1, maxDelay: 20 },
 *       requestTimeout: 5_000,
 *     });
 *     return { source: whisul, close: () => whisul.close() };
 *   },
 * });
 * ```
 */
export function describeJobSource<Made extends SourceUnderTest>(
  name: string,
  setup: AdapterSetup<Made> | AdapterSetup<Made>['create'],
): void {
  const { create, breakConnection } = readSetup(setup);
  const sourceOf = ({ source }: Made) => source;
  describeLaws<Made, JobSource>(name, [...streamLaws, ...sharingLaws, ...(breakConnection ? wireLaws : [])], {
    kind: 'source',
    create,
    breakConnection,
    sourceOf,
    subjectOf: sourceOf,
  });
}

/**
 * Describes a suite that holds an engine to its guarantees: everything that {@link describeJobSource} tests, and what
 * starting a job guarantees. Above all: no POST that may have been accepted is ever sent again.
 *
 * @param setup - how to make the engine; a function alone is its `create`.
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
export function describeJobEngine<Made extends EngineUnderTest>(
  name: string,
  setup: AdapterSetup<Made> | AdapterSetup<Made>['create'],
): void {
  const { create, breakConnection } = readSetup(setup);
  const engineOf = ({ engine }: Made) => engine;
  const overWires = breakConnection ? [...wireLaws, ...wireEngineLaws] : [];
  const laws = [...streamLaws, ...sharingLaws, ...engineLaws, ...receiptLaws, ...submittedLaws, ...overWires];
  describeLaws<Made, JobEngine>(name, laws, {
    kind: 'engine',
    create,
    breakConnection,
    sourceOf: engineOf,
    engineOf,
    subjectOf: engineOf,
  });
}
