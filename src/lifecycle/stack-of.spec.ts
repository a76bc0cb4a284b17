import { stackOf } from './stack-of.js';

describe('stackOf', () => {
  it('is the stack of an error', () => {
    const error = new Error('the disk is on fire');
    expect(stackOf(error)).toBe(error.stack);
  });

  it('is the message of an error without a stack', () => {
    expect(stackOf(Object.assign(new Error('no stack'), { stack: undefined }))).toBe('no stack');
  });

  it.each([
    ['a text', 'a text'],
    [null, 'null'],
    [7, '7'],
  ])('is %p itself', (thrown, text) => {
    expect(stackOf(thrown)).toBe(text);
  });
});
