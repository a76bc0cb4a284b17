import fc from 'fast-check';
import { parsePath } from './parse-path.js';
import { formatPath } from './problem-list.js';

describe('parsePath', () => {
  it('reads every path that formatPath writes', () => {
    const key = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('a.b', 'x"y', '[0]', '0', 'ä ö', ''));
    fc.assert(
      fc.property(fc.array(fc.oneof(key, fc.nat())), (path) => {
        expect(parsePath(formatPath(path))).toEqual(path);
      }),
    );
  });

  it('ends where it understands no more', () => {
    expect(parsePath('a[x].b')).toEqual(['a']);
  });
});
