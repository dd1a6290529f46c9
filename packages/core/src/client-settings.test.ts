import { inspect } from 'node:util';
import { createWhisul } from '@whisul-rx/core';
import { settingsOf } from '@whisul-rx/core/adapter';
import { expect, it } from 'vitest';

it('gives the key of a client that has a fixed one', () => {
  expect(settingsOf(createWhisul({ apiKey: ' a-key ' }))).toEqual({ apiKey: 'a-key' });
  expect(settingsOf(createWhisul({ apiKey: '' }))).toEqual({ apiKey: undefined });
  expect(settingsOf(createWhisul({ apiKey: () => 'a-key' }))).toEqual({ apiKey: undefined });
});

it('knows nothing of what only looks like a client', () => {
  expect(settingsOf({ ...createWhisul({ apiKey: 'a-key' }) })).toBeUndefined();
});

it('J14: the key cannot be seen in the client', () => {
  const whisul = createWhisul({ apiKey: 'a-key' });
  expect(inspect(whisul, { depth: Infinity, showHidden: true }) + JSON.stringify(whisul)).not.toContain('a-key');
});
