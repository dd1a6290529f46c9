import fc from 'fast-check';
import colours from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { cleanText } from './clean-text.js';
import { cutLine } from './cut-line.js';
import { drawBar, guessFraction, percent } from './draw-bar.js';
import { drawTable } from './draw-table.js';
import { formatClock, formatGuess, formatTime } from './format-time.js';
import { jsonLine } from './json-line.js';
import { wrapWords } from './wrap-words.js';

const paint = colours.createColors(false);
const text = fc.string({ unit: 'binary', maxLength: 60 }).map(cleanText);

describe('a bar', () => {
  it('is full at 1 and never before', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 80 }), (fraction, width) => {
        const bar = drawBar(fraction, width, paint);
        expect(stringWidth(bar)).toBe(width);
        expect(bar.includes('░')).toBe(fraction < 1);
        expect(percent(fraction) === '100 %').toBe(fraction === 1);
      }),
    );
  });

  it('of a job grows for ever, and is not full before the job has ended', () => {
    const time = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(time, time, fc.double({ min: 0, max: 1e6, noNaN: true }), (elapsed, more, expected) => {
        const fraction = guessFraction(elapsed, expected);
        expect(fraction).toBeLessThan(1);
        expect(guessFraction(elapsed + more, expected)).toBeGreaterThanOrEqual(fraction);
      }),
    );
    expect(guessFraction(100_000, 100_000)).toBe(0.9);
  });
});

describe('a table', () => {
  // Of rarer characters not even two terminals think alike how wide they are.
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', ' ', '雨', '🌧', 'W', '-'), maxLength: 40 }).map(cleanText);

  it('is never wider than the terminal, and has a line for each row', () => {
    const columns = [
      { title: '#', right: true },
      { title: 'song', flexible: true },
      { title: 'length', right: true, extra: 1 },
      { title: 'prompt', flexible: true, extra: 2 },
    ];
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell, cell)), fc.integer({ min: 10, max: 120 }), (rows, width) => {
        const lines = drawTable(columns, rows, width);
        expect(lines).toHaveLength(rows.length + 1);
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('gives up columns before it cuts them to nothing', () => {
    const columns = [{ title: 'state' }, { title: 'prompt', flexible: true }, { title: 'when', extra: 1 }];
    const rows = [['completed', 'a long prompt about rain', '2026-11-30']];
    expect(drawTable(columns, rows, 60)).toEqual([
      'state      prompt                    when',
      'completed  a long prompt about rain  2026-11-30',
    ]);
    expect(drawTable(columns, rows, 24)).toEqual(['state      prompt', 'completed  a long promp…']);
  });
});

describe('text', () => {
  it('from outside has no character that moves a cursor', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        expect(cleanText(given)).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it.each([
    ['rain', 4, 'rain'],
    ['rain', 3, 'ra…'],
    ['雨の夜', 5, '雨の…'],
    ['雨の夜', 4, '雨…'],
    // A terminal that does not join them draws three of two columns each.
    ['👩‍👩‍👧 sings', 12, '👩‍👩‍👧 sings'],
    ['👩‍👩‍👧 sings', 10, '👩‍👩‍👧 si…'],
    ['👩‍👩‍👧 sings', 6, '…'],
    ['rain', 0, ''],
  ])('%j in %i columns is %j', (given, width, wanted) => {
    expect(cutLine(given, width)).toBe(wanted);
  });

  it('is wrapped between words, and none is lost', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 5, max: 80 }), (given, width) => {
        const lines = wrapWords(given, width);
        expect(lines.join(' ')).toBe(given);
        for (const line of lines) expect(stringWidth(line) <= width || !line.includes(' ')).toBe(true);
      }),
    );
  });

  it.each([
    [formatTime(0), '0.0 s'],
    [formatTime(59_949), '59.9 s'],
    [formatTime(59_960), '1:00'],
    [formatTime(3_723_000), '1:02:03'],
    [formatClock(183), '3:03'],
    [formatGuess(59_000), '<1 min'],
    [formatGuess(150_000), '~3 min'],
    [formatGuess(7_300_000), '~2 h'],
  ])('of a time is %s', (shown, wanted) => {
    expect(shown).toBe(wanted);
  });
});

it('a line of JSON has nothing that a terminal or a reader of lines could take for a command', () => {
  const value = { text: 'a\u001b[2J\u009b\u202e\u2028\u0085\u007f\n\u{e0041}雨👩‍🎤' };
  const line = jsonLine(value);
  expect(line).toBe(String.raw`{"text":"a\u001b[2J\u009b\u202e\u2028\u0085\u007f\n\udb40\udc41雨👩‍🎤"}`);
  expect(JSON.parse(line)).toEqual(value);
});
