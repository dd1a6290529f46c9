import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { popLeast, pushNumber } from './number-heap.js';

describe('a heap of numbers', () => {
  it('always has the least in front, as a sorted list has', () => {
    const steps = fc.array(fc.option(fc.integer({ min: 0, max: 50 }), { nil: 'pop' as const }), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (script) => {
        const heap: number[] = [];
        let model: number[] = [];
        for (const step of script) {
          if (step === 'pop') {
            popLeast(heap);
            model = model.slice(1);
          } else {
            pushNumber(heap, step);
            model = [...model, step].sort((a, b) => a - b);
          }
          expect(heap).toHaveLength(model.length);
          expect(heap[0]).toBe(model[0]);
        }
      }),
    );
  });

  it('sorts', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true })), (numbers) => {
        const heap: number[] = [];
        for (const number of numbers) pushNumber(heap, number);
        const sorted = numbers.map(() => {
          const [least] = heap;
          popLeast(heap);
          return least;
        });
        expect(sorted.map((number) => (number === 0 ? 0 : number))).toEqual(
          [...numbers].sort((a, b) => a - b).map((number) => (number === 0 ? 0 : number)),
        );
      }),
    );
  });
});
