import type { JobEngine } from '@whisul-rx/core';
import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import { describeJobEngine, describeJobSource } from '@whisul-rx/emulator/contract';
import { listen } from '@whisul-rx/emulator/node';
import * as rx from 'rxjs';
import { describe, expect, test } from 'vitest';
import { engineLaws } from '../src/contract/engine-laws.js';
import type { Law } from '../src/contract/law.js';
import { receiptLaws } from '../src/contract/receipt-laws.js';
import { sharingLaws } from '../src/contract/sharing-laws.js';
import { streamLaws } from '../src/contract/stream-laws.js';
import { submittedLaws } from '../src/contract/submitted-laws.js';
import { tryLaw } from '../src/contract/try-law.js';
import { wireEngineLaws, wireLaws } from '../src/contract/wire-laws.js';
import { baseUrl, type Breach } from './breach.js';
import { brokenEngines } from './broken-engines.js';
import { brokenSources } from './broken-sources.js';
import { brokenSubmitted } from './broken-submitted.js';
import { brokenWireEngines, brokenWires, type WireBreach } from './broken-wires.js';
import { createTinyEngine } from './tiny-engine.js';
import { createTinyWire } from './tiny-wire.js';

describeJobEngine('an engine in process', ({ fetch }) => ({ engine: createTinyEngine(baseUrl, fetch), close() {} }));

describeJobSource('a source over a port', async (emulator) => {
  const server = await listen(emulator);
  return { source: createTinyEngine(server.url), close: () => server.close() };
});

/** The law with that name. Throws at once when there is none. */
function lawNamed<Subject>(laws: readonly Law<Subject>[], part: string): Law<Subject> {
  const law = laws.find(({ name }) => name.includes(part));
  if (!law) throw new Error(`There is no law that is called "${part}".`);
  return law;
}

/** Tries the law with that name on an engine that was broken on purpose. */
function tryBroken<Subject>(laws: readonly Law<Subject>[], breach: Breach<Subject>): Promise<void> {
  const [, part, breakIt, patience = 500] = breach;
  const factory = async ({ fetch }: Emulator) => {
    const closed$ = new rx.Subject<void>();
    return {
      subject: breakIt(createTinyEngine(baseUrl, fetch), fetch, closed$),
      close: () => closed$.next(),
    };
  };
  return tryLaw(lawNamed(laws, part), factory, patience);
}

describeJobEngine('an engine behind a connection', {
  create({ fetch }) {
    const { engine, breakConnection } = createTinyWire(createTinyEngine(baseUrl, fetch));
    return { engine, breakConnection, close() {} };
  },
  breakConnection: ({ breakConnection }) => breakConnection(),
});

/** Tries the law with that name on an engine behind a connection that was broken on purpose. */
function tryBrokenWire(laws: readonly Law<JobEngine>[], [, part, habits, patience = 500]: WireBreach): Promise<void> {
  const factory = async ({ fetch }: Emulator) => {
    const { engine, breakConnection } = createTinyWire(createTinyEngine(baseUrl, fetch), habits);
    return { subject: engine, breakConnection, close() {} };
  };
  return tryLaw(lawNamed(laws, part), factory, patience);
}

describe('the contract refuses', { concurrent: true, timeout: 60_000 }, () => {
  test.each(brokenSources)('a source that %s', async (...breach) => {
    await expect(tryBroken([...streamLaws, ...sharingLaws], breach)).rejects.toThrow();
  });
  test.each([...brokenEngines, ...brokenSubmitted])('an engine that %s', async (...breach) => {
    await expect(tryBroken([...engineLaws, ...receiptLaws, ...submittedLaws], breach)).rejects.toThrow();
  });
  test.each(brokenWires)('a connection that %s', async (...breach) => {
    await expect(tryBrokenWire(wireLaws, breach)).rejects.toThrow();
  });
  test.each(brokenWireEngines)('an engine behind a connection that %s', async (...breach) => {
    await expect(tryBrokenWire(wireEngineLaws, breach)).rejects.toThrow();
  });
});

test('the contract accepts an engine that tells who comes late only the latest state', async () => {
  const latestOnly: Breach<JobEngine> = [
    'is fine',
    'however often it is subscribed',
    (engine) => ({
      ...engine,
      generate$: (request) => engine.generate$(request).pipe(rx.share({ connector: () => new rx.ReplaySubject(1) })),
    }),
    15_000,
  ];
  await tryBroken(engineLaws, latestOnly);
});

test('a law frees its adapter and its emulator, also when it is broken', async () => {
  const emulators: Emulator[] = [];
  let closed = 0;
  const law: Law<string> = {
    guarantees: ['J1', 'J4'],
    name: 'never holds',
    run: () => Promise.reject(new Error('broken')),
  };
  const trial = tryLaw(law, async (emulator) => {
    emulators.push(emulator);
    return { subject: '', close: () => void (closed += 1) };
  });
  // With the guarantees in plain words, beside their ids.
  await expect(trial).rejects.toThrow(/^broken\n {2}J1: job\$ emits each .*\n {2}J4: All subscribers of a job share/);
  expect(closed).toBe(1);
  await expect(emulators[0]?.fetch(baseUrl)).rejects.toThrow('fetch failed');
  expect(createEmulator().requests).toEqual([]);
});
