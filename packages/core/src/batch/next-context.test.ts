import { concat, config, of, Subject } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { completed, failed, fakeEngine, submitted } from '../../test/fake-engine.js';
import { batch$ } from './batch.js';
import { memoryJournal } from './memory-journal.js';

// An option of RxJS 7 for the whole process: with it an observer's methods are called on another object than the observer.
const useNextContext = (value: boolean) => Object.assign(config, { useDeprecatedNextContext: value });
beforeAll(() => {
  useNextContext(true);
});
afterAll(() => {
  useNextContext(false);
});

it('a batch with a journal runs with `useDeprecatedNextContext`', async () => {
  const journal = memoryJournal();
  const engine = fakeEngine((prompt, nth) => of(submitted(prompt), nth === 1 ? failed(prompt) : completed(prompt)));
  const { said, end } = await collectBatch(batch$(engine, ['a', 'b'], { journal, retryFailed: 1 }));
  expect([said.sort(), end]).toEqual([
    ['0 completed', '0 failed', '0 submitted', '0 submitted', '1 completed', '1 submitted'],
    'complete',
  ]);
  expect((await collectBatch(batch$(engine, ['a', 'b'], { journal }))).said).toEqual(['0 completed', '1 completed']);
});

it('a batch without a journal, over an Observable, runs with `useDeprecatedNextContext`', async () => {
  const prompts$ = new Subject<string>();
  const engine = fakeEngine((prompt) => concat(Promise.resolve(submitted(prompt)), of(completed(prompt))));
  const done = collectBatch(batch$(engine, prompts$));
  prompts$.next('a');
  await settled();
  prompts$.next('b');
  prompts$.complete();
  expect((await done).said).toEqual(['0 submitted', '0 completed', '1 submitted', '1 completed']);
});
