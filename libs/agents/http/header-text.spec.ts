import fc from 'fast-check';
import { headerText } from './header-text.js';

const ids = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });

describe('headerText', () => {
  it('leaves an id of visible ASCII as it is', () => {
    expect(headerText('01890a5d-ac96:read_1')).toBe('01890a5d-ac96:read_1');
  });

  it('is visible ASCII for every id, and decodes to it', () => {
    fc.assert(
      fc.property(ids, (id) => {
        const text = headerText(id);
        expect(text).toMatch(/^[\x21-\x7e]+$/);
        expect(decodeURIComponent(text)).toBe(id);
      }),
    );
  });
});
