import { OrchestraError } from './orchestra-error.js';

class KitchenError extends OrchestraError<'OVEN_COLD' | 'OVEN_HOT'> {}

describe('OrchestraError', () => {
  it('is an Error that is named by its class and carries a code', () => {
    const error = new KitchenError('OVEN_COLD', 'the oven is cold');
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(OrchestraError);
    expect(String(error)).toBe('KitchenError: the oven is cold');
    expect(error.stack).toContain('orchestra-error.spec');
    expect(error.code).toBe('OVEN_COLD');
  });

  it('is final and without details unless told otherwise', () => {
    const error = new KitchenError('OVEN_COLD', 'the oven is cold');
    expect(error.retryable).toBe(false);
    expect(error.details).toEqual({});
    expect(error).not.toHaveProperty('cause');
  });

  it('keeps what it is told', () => {
    const cause = new Error('no gas');
    const error = new KitchenError('OVEN_HOT', 'wait', { retryable: true, details: { celsius: 300 }, cause });
    expect(error).toMatchObject({ retryable: true, details: { celsius: 300 } });
    expect(error.cause).toBe(cause);
  });

  it('keeps a cause that is null, for anything can be thrown', () => {
    expect(new KitchenError('OVEN_HOT', 'wait', { cause: null }).cause).toBeNull();
  });
});
