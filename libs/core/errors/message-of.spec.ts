import { messageOf, readProperty } from './message-of.js';

const hostile = new Proxy(
  {},
  {
    get() {
      throw new Error('trap');
    },
  },
);

describe('messageOf', () => {
  it.each<[string, unknown, string]>([
    ['an error', new Error('boom'), 'boom'],
    ['an object with a message', { message: 'boom' }, 'boom'],
    ['a string', 'boom', 'boom'],
    ['a number', 42, '42'],
    ['a BigInt', 42n, '42'],
    ['a symbol', Symbol('boom'), 'Symbol(boom)'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['an empty string', '', 'unknown error'],
    ['an error without a message', new Error(), 'unknown error'],
    ['an object without one', { reason: 'boom' }, 'unknown error'],
    ['an object without a prototype', Object.create(null), 'unknown error'],
    ['a message that is not a string', { message: { toString: () => 'boom' } }, 'unknown error'],
    ['a class that was thrown instead of an instance', RangeError, 'unknown error'],
    ['a function', () => 'secret source', 'unknown error'],
    ['a proxy that throws', hostile, 'unknown error'],
    ['an aggregate with a message', new AggregateError([new Error('a')], 'all failed'), 'all failed'],
    ['one without', new AggregateError([new Error('a'), 'b', null]), 'a; b; null'],
    ['one without any', new AggregateError([]), 'unknown error'],
    ['one of hostile parts', new AggregateError([hostile, new Error('b')]), 'unknown error; b'],
    [
      'a huge one',
      new AggregateError(Array.from({ length: 100_000 }, (_, i) => `e${i}`)),
      'e0; e1; e2; e3; e4',
    ],
  ])('shows %s', (_kind, thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });

  it('is not led in circles by an aggregate of itself', () => {
    const aggregate = new AggregateError([]);
    aggregate.errors.push(aggregate);
    expect(messageOf(aggregate)).toBe('unknown error');
  });

  it('survives a revoked proxy as the list of an aggregate', () => {
    const { proxy, revoke } = Proxy.revocable<unknown[]>([], {});
    revoke();
    expect(messageOf({ errors: proxy })).toBe('unknown error');
  });
});

describe('readProperty', () => {
  it.each<[string, unknown, unknown]>([
    ['of an object', { key: 1 }, 1],
    ['of a function', Object.assign(() => undefined, { key: 1 }), 1],
    ['of null', null, undefined],
    ['of undefined', undefined, undefined],
    ['of a primitive', 'text', undefined],
    ['behind a getter that throws', hostile, undefined],
  ])('reads the property %s', (_kind, thrown, value) => {
    expect(readProperty(thrown, 'key')).toBe(value);
  });
});
