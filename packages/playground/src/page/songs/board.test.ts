import { jobSchema } from '@whisul-rx/core';
import { describe, expect, it } from 'vitest';
import { applyChange, type Board } from './board.js';
import type { Change } from './change.js';

const running = jobSchema.parse({ job_id: 'j', status: 'running', prompt: 'a', result: null, error: null });
const failedAt = (finished_at: string) =>
  jobSchema.parse({ job_id: 'j', status: 'failed', prompt: 'a', result: null, error: 'no', finished_at });

/** The board after changes, one a second. */
function after(...changes: Change[]): Board {
  return changes.reduce<Board>((board, change, at) => applyChange(board, change, at * 1_000), new Map());
}
const ordered = (...keys: string[]): Change => ({ type: 'ordered', orders: keys.map((key) => ({ key, prompt: key })) });
const phases = (board: Board, key: string) => board.get(key)?.steps.map(({ phase, at }) => `${phase} ${at}`);

describe('the board', () => {
  it('has the latest order first, and each order in its own order', () => {
    expect([...after(ordered('a', 'b'), ordered('c', 'd')).keys()]).toEqual(['c', 'd', 'a', 'b']);
  });

  it('notes when each phase began, and a phase that is told twice once', () => {
    const state: Change = { type: 'state', key: 'a', job: running };
    const board = after(ordered('a'), { type: 'sending', key: 'a' }, state, state);
    expect(phases(board, 'a')).toEqual(['waiting 0', 'sending 1000', 'running 2000']);
  });

  it('keeps the place and the past of a song that is ordered again', () => {
    const problem: Change = { type: 'problem', key: 'a', problem: 'lost' };
    const board = after(ordered('a'), problem, ordered('b'), ordered('a'));
    expect([...board.keys()]).toEqual(['b', 'a']);
    expect(phases(board, 'a')).toEqual(['waiting 0', 'problem 1000', 'waiting 3000']);
    expect(board.get('a')?.problem).toBeUndefined();
  });

  it('does not take news of an older job for news of the one that was ordered since', () => {
    const followed: Change = { type: 'followed', jobId: 'j', news: { type: 'forgotten', key: 'a' } };
    const before = after(ordered('a'), { type: 'state', key: 'a', job: running });
    expect(applyChange(before, followed, 9_000).size).toBe(0);
    const again = applyChange(before, ordered('a'), 9_000);
    expect(applyChange(again, followed, 9_000)).toBe(again);
  });

  it('takes the time of late news from the job, and never goes back in time', () => {
    const board = new Map(after(ordered('a')));
    const now = Date.parse('2026-01-01T00:10:00Z');
    const late: Change = { type: 'state', key: 'a', job: failedAt('2026-01-01T00:05:00Z') };
    expect(phases(applyChange(board, late, now), 'a')?.at(-1)).toBe(`failed ${now - 300_000}`);
    const ordered10: Board = applyChange(new Map(), ordered('a'), now);
    expect(phases(applyChange(ordered10, late, now), 'a')?.at(-1)).toBe(`failed ${now}`);
  });

  it('does not change for a song that has left', () => {
    const board = after(ordered('a'), { type: 'removed', keys: ['a'] });
    expect(applyChange(board, { type: 'sending', key: 'a' }, 9)).toBe(board);
  });
});
