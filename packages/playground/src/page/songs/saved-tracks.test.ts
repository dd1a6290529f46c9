import { expect, it } from 'vitest';
import { applyChange, type Board } from './board.js';
import type { Change } from './change.js';
import { openSavedTracks } from './saved-tracks.js';
import type { Track } from './track.js';

/** A browser's storage. */
function createStorage(text?: string) {
  const items = new Map(text === undefined ? [] : [['whisul-rx playground', text]]);
  const storage: Storage = {
    length: 0,
    clear: () => items.clear(),
    key: () => null,
    removeItem: (name) => void items.delete(name),
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
  };
  return storage;
}
/** A tab of that browser. */
function openTab(storage: Storage) {
  const saved = openSavedTracks(() => storage);
  let board: Board = applyChange(new Map(), { type: 'restored', tracks: saved.tracks }, 0);
  const change = (...changes: Change[]): void => {
    for (const each of changes) {
      board = applyChange(board, each, 1_000);
      saved.save(board);
    }
  };
  saved.save(board);
  return { change, tracks: saved.tracks };
}
const ordered = (key: string): Change => ({ type: 'ordered', orders: [{ key, prompt: key }] });
const accepted = (key: string): Change => ({
  type: 'state',
  key,
  job: { status: 'submitted', job_id: `job ${key}`, prompt: key, poll_url: '', submitted_at: '' },
});
const summary = (tracks: readonly Track[]) => tracks.map(({ key, jobId }) => `${key}: ${jobId}`).sort();

it('tabs do not forget the songs of each other', () => {
  const storage = createStorage();
  const [one, other] = [openTab(storage), openTab(storage)];
  one.change(ordered('a'), { type: 'sending', key: 'a' });
  other.change(ordered('b'), accepted('b'));
  // It was opened while the first tab waited for an answer, and takes it for lost.
  const third = openTab(storage);
  one.change(accepted('a'));
  third.change(ordered('c'), accepted('c'));
  expect(summary(openTab(storage).tracks)).toEqual(['a: job a', 'b: job b', 'c: job c']);
  other.change({ type: 'removed', keys: ['b'] });
  third.change(ordered('d'), accepted('d'));
  expect(summary(openTab(storage).tracks)).toEqual(['a: job a', 'c: job c', 'd: job d']);
});

it('what was tampered with is left out, and the rest is there', () => {
  const steps = [{ phase: 'running', at: 1 }];
  const bad = [
    null,
    { key: 'x' },
    { key: '', prompt: '', steps },
    { key: 'y', prompt: '', steps: [] },
    { key: 'z', prompt: '', steps: [{ phase: 'running', at: 1e300 }] },
  ];
  const many = Array.from({ length: 5_000 }, (_, at) => ({ key: `${at}`, prompt: '', steps, jobId: 'j' }));
  const read = (value: unknown) => openSavedTracks(() => createStorage(JSON.stringify(value))).tracks;
  expect(read([...bad, { key: 'a', prompt: 'a', steps, jobId: 'j' }]).map(({ key }) => key)).toEqual(['a']);
  expect(read(many)).toHaveLength(100);
  expect(read({ a: 1 })).toEqual([]);
  expect(openSavedTracks(() => createStorage('{{{')).tracks).toEqual([]);
});

it('says when the browser keeps nothing', () => {
  const full = createStorage();
  full.setItem = () => {
    throw new Error('full');
  };
  const blocked = (): Storage => {
    throw new Error('blocked');
  };
  expect(openSavedTracks(() => full).save(new Map())).toBe(false);
  expect(openSavedTracks(blocked).tracks).toEqual([]);
  expect(openSavedTracks(blocked).save(new Map())).toBe(false);
  expect(openSavedTracks(createStorage).save(new Map())).toBe(true);
});
