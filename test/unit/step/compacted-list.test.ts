import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCompactedList } from '../../../src/step/compacted-list.ts';

interface Item {
  readonly sequence: number;
  readonly key: string;
}

describe('the compacted list', () => {
  test('is, whatever is put and removed, the newest of each key in order', () => {
    const steps = fc.array(
      fc.record({ key: fc.nat({ max: 40 }).map(String), remove: fc.nat({ max: 4 }).map((n) => n === 0) }),
      { maxLength: 600 },
    );
    fc.assert(
      fc.property(steps, fc.nat({ max: 600 }), fc.integer({ min: 1, max: 50 }), (row, from, limit) => {
        const list = createCompactedList<Item>();
        let model: readonly Item[] = [];
        for (const [i, { key, remove }] of row.entries()) {
          const known = model.find((item) => item.key === key);
          model = model.filter((item) => item !== known);
          if (remove) {
            expect(list.remove(key)).toBe(known);
          } else {
            const item = { key, sequence: i + 1 };
            list.put(key, item);
            model = [...model, item];
          }
          expect(list.get(key)).toBe(model.find((item) => item.key === key));
        }
        expect(list.after(0, Number.POSITIVE_INFINITY)).toEqual(model);
        expect(list.after(from, limit)).toEqual(model.filter((i) => i.sequence > from).slice(0, limit));
      }),
      { numRuns: 100 },
    );
  });
});
