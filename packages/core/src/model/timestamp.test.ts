import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toIsoTimestamp } from './timestamp.js';

describe('toIsoTimestamp', () => {
  const digits = (max: number, width = 2) => fc.nat({ max }).map((value) => String(value).padStart(width, '0'));
  const day = fc.tuple(digits(9_999, 4), digits(14), digits(33)).map((parts) => parts.join('-'));
  const time = fc.tuple(digits(26), digits(62), digits(62)).map((parts) => parts.join(':'));

  it('reads what the API writes as `Date` reads it in UTC, and refuses days and times that there are not', () => {
    fc.assert(
      fc.property(
        day,
        time,
        fc.constantFrom(' ', 'T'),
        fc.constantFrom('', '.000Z', '.123Z'),
        (date, clock, gap, end) => {
          const moment = new Date(`${date}T${clock}${end === '' ? 'Z' : end}`);
          const midnight = new Date(`${date}T00:00:00Z`);
          const exists = !Number.isNaN(moment.getTime()) && midnight.toISOString().startsWith(date);
          expect(toIsoTimestamp(date + gap + clock + end)).toBe(exists ? moment.toISOString() : undefined);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it.each(['2026-02-29', '2026-02-30', '2026-04-31', '2026-13-01', '2026-00-10', '2026-01-00'])(
    '%s is no day',
    (date) => {
      expect(toIsoTimestamp(`${date} 10:00:00`)).toBeUndefined();
    },
  );

  it.each(['9999-12-31 23:59:59 -02:00', '0000-01-01 00:00:00 +02:00'])('%s is in no year of four digits', (moment) => {
    expect(toIsoTimestamp(moment)).toBeUndefined();
  });

  it('knows leap years', () => {
    expect(toIsoTimestamp('2028-02-29 10:00:00')).toBe('2028-02-29T10:00:00.000Z');
  });
});
