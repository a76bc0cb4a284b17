import { AbortedError, abortReason } from './aborted-error.js';

describe('AbortedError', () => {
  it.each([
    ['timeout', 'TIMEOUT'],
    ['cancel', 'CANCELLED'],
    ['shutdown', 'SHUTDOWN'],
    ['lost-lease', 'LEASE_LOST'],
  ] as const)('of kind %s has the code %s', (kind, code) => {
    const error = new AbortedError(kind, 'why', { details: { at: 1 } });
    expect(error).toMatchObject({ name: 'AbortedError', kind, code, message: 'why', details: { at: 1 } });
  });
});

describe('abortReason', () => {
  it('is the reason itself when it is an AbortedError', () => {
    const reason = new AbortedError('shutdown', 'bye');
    expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
  });

  it.each([
    ['an error', new Error('user left'), 'user left'],
    ['a string', 'user left', 'user left'],
    ['null', null, 'null'],
    ['an object without toString', Object.create(null), 'unknown error'],
  ])('counts a foreign reason as a cancel: %s', (_kind, reason: unknown, message) => {
    const error = abortReason(AbortSignal.abort(reason));
    expect(error).toMatchObject({ kind: 'cancel', code: 'CANCELLED', message });
    expect(error.cause).toBe(reason);
  });

  it('of an abort without a reason is a cancel too', () => {
    expect(abortReason(AbortSignal.abort())).toMatchObject({
      kind: 'cancel',
      message: 'This operation was aborted',
    });
  });
});
