import { throwUncaught } from './throw-uncaught.js';

describe('throwUncaught', () => {
  it('throws nothing at its caller, but the very error in a turn of its own', () => {
    const nextTick = jest.spyOn(process, 'nextTick').mockImplementation(() => undefined);
    const error = new Error('broken');
    throwUncaught(error);
    const [rethrow] = nextTick.mock.calls[0] ?? [];
    nextTick.mockRestore();
    expect(rethrow).toThrow(error);
  });
});
