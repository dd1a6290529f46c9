import type { JobEngine } from '@whisul-rx/core';
import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import { describeJobEngine, describeJobSource } from '@whisul-rx/emulator/contract';
import { listen } from '@whisul-rx/emulator/node';
import * as rx from 'rxjs';
import { describe, expect, test } from 'vitest';
import { engineLaws } from '../src/contract/engine-laws.js';
import { tryLaw, type Law } from '../src/contract/law.js';
import { receiptLaws } from '../src/contract/receipt-laws.js';
import { sharingLaws } from '../src/contract/sharing-laws.js';
import { streamLaws } from '../src/contract/stream-laws.js';
import { baseUrl, type Breach } from './breach.js';
import { brokenEngines } from './broken-engines.js';
import { brokenSources } from './broken-sources.js';
import { createTinyEngine } from './tiny-engine.js';

describeJobEngine('an engine in process', ({ fetch }) => ({ engine: createTinyEngine(baseUrl, fetch), close() {} }));

describeJobSource('a source over a port', async (emulator) => {
  const server = await listen(emulator);
  return { source: createTinyEngine(server.url), close: () => server.close() };
});

/** Tries the law with that name on an engine that was broken on purpose. Throws at once when there is no such law. */
function tryBroken<Subject>(laws: readonly Law<Subject>[], breach: Breach<Subject>): Promise<void> {
  const [, part, breakIt, patience = 500] = breach;
  const law = laws.find(({ name }) => name.includes(part));
  if (!law) throw new Error(`There is no law that is called "${part}".`);
  const factory = async ({ fetch }: Emulator) => ({
    subject: breakIt(createTinyEngine(baseUrl, fetch), fetch),
    close() {},
  });
  return tryLaw(law, factory, patience);
}

describe('the contract refuses', { concurrent: true, timeout: 60_000 }, () => {
  test.each(brokenSources)('a source that %s', async (...breach) => {
    await expect(tryBroken([...streamLaws, ...sharingLaws], breach)).rejects.toThrow();
  });
  test.each(brokenEngines)('an engine that %s', async (...breach) => {
    await expect(tryBroken([...engineLaws, ...receiptLaws], breach)).rejects.toThrow();
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
  ];
  await tryBroken(engineLaws, latestOnly);
});

test('a law frees its adapter and its emulator, also when it is broken', async () => {
  const emulators: Emulator[] = [];
  let closed = 0;
  const law: Law<string> = { name: 'never holds', run: () => Promise.reject(new Error('broken')) };
  const trial = tryLaw(law, async (emulator) => {
    emulators.push(emulator);
    return { subject: '', close: () => void (closed += 1) };
  });
  await expect(trial).rejects.toThrow('broken');
  expect(closed).toBe(1);
  await expect(emulators[0]?.fetch(baseUrl)).rejects.toThrow('fetch failed');
  expect(createEmulator().requests).toEqual([]);
});
