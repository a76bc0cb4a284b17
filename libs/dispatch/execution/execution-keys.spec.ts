import { newId } from '#core';
import { executionKey } from './execution-keys.js';

describe('executionKey', () => {
  it('is that of the id, of whatever ids it was asked for before', () => {
    const ids = ['', 'a', 'ba', 'order-1', 'ordre-1', ...Array.from({ length: 5_000 }, () => newId())];

    for (const id of [...ids, ...ids.reverse()]) expect(executionKey(id)).toBe(`execution:${id}`);
  });
});
