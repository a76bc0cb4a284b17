import fc from 'fast-check';
import { LinkedList, type Link } from './linked-list.js';

class Item implements Link<Item> {
  previous: Item | undefined;
  next: Item | undefined;
}

it('keeps the order of those who are in it, and lets go of those who have left', () => {
  // A number takes out the one at that place; null adds one.
  const steps = fc.array(fc.option(fc.nat()), { size: 'max', maxLength: 60 });
  fc.assert(
    fc.property(steps, (given) => {
      const list = new LinkedList<Item>();
      const expected: Item[] = [];
      for (const place of given) {
        const item = place === null ? new Item() : expected.splice(place % expected.length, 1)[0];
        if (item === undefined) continue;
        if (place === null) {
          expected.push(item);
          list.push(item);
        } else {
          list.remove(item);
          list.remove(item);
          expect(item).toEqual(new Item());
        }
        expect(list.first).toBe(expected[0]);
        expect([...list].every((one, at) => one === expected[at])).toBe(true);
        expect([...list]).toHaveLength(expected.length);
      }
    }),
  );
});
