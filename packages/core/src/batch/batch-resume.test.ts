import fc from 'fast-check';
import { concat, delay, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { completed, failed, fakeEngine, submitted, type FakeEngine } from '../../test/fake-engine.js';
import type { Job } from '../model/job-schema.js';
import { WhisulError } from '../model/whisul-error.js';
import { batch$ } from './batch.js';
import type { BatchEvent } from './batch-event.js';
import type { Journal } from './journal.js';
import { memoryJournal } from './memory-journal.js';

type Fate = 'completes' | 'fails' | 'refused' | 'doubtful but made' | 'doubtful and lost' | 'breaks';
const fates: Fate[] = ['completes', 'fails', 'refused', 'doubtful but made', 'doubtful and lost', 'breaks'];

/** An API that charges for what it accepts. Jobs live there, whatever becomes of the process that ordered them. */
function paidApi(fateOf: (prompt: string) => Fate) {
  const paid = new Map<string, string>();
  const outcome = (id: string): Job => {
    const prompt = paid.get(id) ?? 'unknown';
    return fateOf(prompt) === 'fails' ? failed(prompt, id) : completed(prompt, id);
  };
  const engine = fakeEngine(
    (prompt, nth) => {
      const id = `job-${nth}`;
      const fate = fateOf(prompt);
      if (fate === 'refused') return throwError(() => new WhisulError('invalid_request', 'no'));
      if (fate === 'doubtful and lost') return throwError(() => new WhisulError('submit_unknown', 'reset'));
      paid.set(id, prompt);
      if (fate === 'doubtful but made') return throwError(() => new WhisulError('submit_unknown', 'reset'));
      if (fate === 'breaks')
        return concat(
          of(submitted(prompt, id)),
          throwError(() => new Error('boom')),
        );
      return concat(of(submitted(prompt, id)), of(outcome(id)).pipe(delay(0)));
    },
    (id) => of(outcome(id)).pipe(delay(0)),
  );
  return { engine, paid };
}

/** The journal of a process that dies at a given write: that one may still get through, nothing afterwards does. */
function dying(disk: Journal, writes: number, lastGetsThrough: boolean, die: () => void): Journal {
  let left = writes;
  return {
    ...disk,
    get: (key) => (left < 0 ? new Promise(() => undefined) : disk.get(key)),
    put: async (entry) => {
      left -= 1;
      if (left > 0) return disk.put(entry);
      if (left === 0 && lastGetsThrough) await disk.put(entry);
      die();
      return new Promise(() => undefined);
    },
  };
}

/** One process: runs the batch until it ends or dies. A dead one is not left: nothing in it runs any more. */
function life(engine: FakeEngine, prompts: string[], disk: Journal, crash?: { writes: number; through: boolean }) {
  const events: BatchEvent[] = [];
  return new Promise<BatchEvent[]>((resolve) => {
    let dead = false;
    const die = (): void => {
      dead = true;
      resolve(events);
    };
    const mortal: FakeEngine = {
      ...engine,
      generate$: (request) => {
        if (dead) throw new Error('a dead process sends nothing');
        return engine.generate$(request);
      },
    };
    const journal = crash ? dying(disk, crash.writes, crash.through, die) : disk;
    batch$(mortal, prompts, { journal, concurrency: 3 }).subscribe({
      next: (event) => {
        if (!dead) events.push(event);
      },
      complete: () => {
        resolve(events);
      },
      error: () => {
        resolve(events);
      },
    });
  });
}

describe('B5: after any crash', () => {
  const crash = fc.record({ writes: fc.integer({ min: 1, max: 12 }), through: fc.boolean() });

  it('no prompt is sent twice unless it was refused, and none that was accepted is missing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...fates), { minLength: 1, maxLength: 8 }),
        fc.array(crash, { maxLength: 5 }),
        async (fated, crashes) => {
          const prompts = fated.map((_fate, index) => `p${index}`);
          const { engine, paid } = paidApi((prompt) => fated[Number(prompt.slice(1))] ?? 'completes');
          const disk = memoryJournal();
          for (const each of crashes) await life(engine, prompts, disk, each);
          const last = await life(engine, prompts, disk);
          await life(engine, prompts, disk);

          for (const [index, prompt] of prompts.entries()) {
            const sent = engine.posts.filter((each) => each === prompt).length;
            if (fated[index] !== 'refused') expect(sent, prompt).toBeLessThanOrEqual(1);
            const ends = last.filter(
              (event) => event.index === index && (event.type === 'problem' || event.job.status !== 'submitted'),
            );
            expect(ends.length, prompt).toBe(1);
            const entry = await disk.get(String(index));
            if (entry?.state === 'submitting') {
              expect(ends[0]).toMatchObject({ type: 'problem' });
            } else if ([...paid.values()].includes(prompt)) {
              expect(entry?.job?.job_id, prompt).toMatch(/^job-/);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
