import fc from 'fast-check';
import { AbortedError } from '../abort/aborted-error.js';
import { jsonProblems } from '../json/json.js';
import { MAX_ERROR_MESSAGE_LENGTH, toErrorRecord } from './error-record.js';
import { OrchestraError, type OrchestraErrorOptions } from './orchestra-error.js';
import { ValidationError } from './validation-error.js';

class KitchenError extends OrchestraError<'OVEN_COLD'> {
  constructor(options?: OrchestraErrorOptions) {
    super('OVEN_COLD', 'the oven is cold', options);
  }
}

function throwing(): never {
  throw new Error('trap');
}

describe('toErrorRecord', () => {
  describe('of an error of ours', () => {
    it('keeps code, message, retryable and details, and nothing else', () => {
      const error = new KitchenError({
        retryable: true,
        details: { celsius: 20 },
        cause: new Error('secret'),
      });
      expect(toErrorRecord(error, 'FALLBACK')).toStrictEqual({
        code: 'OVEN_COLD',
        message: 'the oven is cold',
        retryable: true,
        details: { celsius: 20 },
      });
    });

    it('has no details where there are none, and is final by default', () => {
      expect(toErrorRecord(new KitchenError(), 'FALLBACK')).toStrictEqual({
        code: 'OVEN_COLD',
        message: 'the oven is cold',
        retryable: false,
      });
    });

    it('keeps the problems of a ValidationError', () => {
      const problems = [{ path: 'a', message: 'bad' }];
      expect(toErrorRecord(new ValidationError('it', problems), 'FALLBACK').details).toEqual({ problems });
    });

    it('holds for every class derived from it', () => {
      expect(toErrorRecord(new AbortedError('timeout', 'too slow'), 'FALLBACK')).toMatchObject({
        code: 'TIMEOUT',
      });
    });

    it('does not share its details with the error', () => {
      const details = { celsius: 20 };
      const record = toErrorRecord(new KitchenError({ details }), 'FALLBACK');
      details.celsius = 300;
      expect(record.details).toEqual({ celsius: 20 });
    });

    it('drops those details that are no JSON, and keeps the others', () => {
      const circular: Record<string, unknown> = {};
      circular['self'] = circular;
      const details = {
        kept: { list: [1, 'two', null] },
        circular,
        bigint: 1n,
        absent: undefined,
        notANumber: Number.NaN,
        date: new Date(0),
        nested: { fn: () => undefined },
        get hostile() {
          return throwing();
        },
      };
      const record = toErrorRecord(new KitchenError({ details }), 'FALLBACK');
      expect(record.details).toStrictEqual({ kept: { list: [1, 'two', null] } });
      expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    });

    it('drops a __proto__ among them', () => {
      const details = JSON.parse('{"__proto__": {"admin": true}, "a": 1}') as Record<string, unknown>;
      const record = toErrorRecord(new KitchenError({ details }), 'FALLBACK');
      expect(record.details).toStrictEqual({ a: 1 });
      expect(Object.getPrototypeOf(record.details)).toBe(Object.prototype);
    });

    it.each([
      ['circular', (details: Record<string, unknown>) => (details['self'] = details)],
      ['empty of JSON', (details: Record<string, unknown>) => (details['nothing'] = undefined)],
    ])('has none when they are %s', (_kind, spoil) => {
      const details: Record<string, unknown> = {};
      spoil(details);
      expect(toErrorRecord(new KitchenError({ details }), 'FALLBACK')).not.toHaveProperty('details');
    });
  });

  describe('of anything else', () => {
    it.each<[string, unknown, string]>([
      ['null', null, 'null'],
      ['undefined', undefined, 'undefined'],
      ['a string', 'boom', 'boom'],
      ['an empty string', '', 'unknown error'],
      ['a number', 0, '0'],
      ['a symbol', Symbol('boom'), 'Symbol(boom)'],
      ['an error', new TypeError('boom'), 'boom'],
      ['an aggregate', new AggregateError([new Error('a'), new Error('b')]), 'a; b'],
      ['an object', {}, 'unknown error'],
      ['a function', throwing, 'unknown error'],
      ['a message that is not a string', { message: 42 }, 'unknown error'],
    ])('is retryable and gets the fallback code: %s', (_kind, thrown, message) => {
      expect(toErrorRecord(thrown, 'FALLBACK')).toStrictEqual({ code: 'FALLBACK', message, retryable: true });
    });

    it.each(['ECONNREFUSED', 'UND_ERR_SOCKET', 'E2'])('keeps a code of our shape: %s', (code) => {
      expect(toErrorRecord(Object.assign(new Error('boom'), { code }), 'FALLBACK').code).toBe(code);
    });

    it.each([
      42,
      '',
      'E',
      'lower_case',
      '2BIG',
      'WITH SPACE',
      'LINE\nBREAK',
      'X'.repeat(65),
      null,
      {},
      ['CODE'],
    ])('keeps no code of another shape: %j', (code) => {
      expect(toErrorRecord(Object.assign(new Error('boom'), { code }), 'FALLBACK').code).toBe('FALLBACK');
    });

    it.each([
      [false, false],
      [true, true],
      [undefined, true],
      [0, true],
      ['false', true],
    ])('that says retryable: %j is retryable: %j', (said, retryable) => {
      expect(toErrorRecord({ retryable: said }, 'FALLBACK').retryable).toBe(retryable);
    });

    it('drops foreign details, which nobody vouches for', () => {
      expect(toErrorRecord({ message: 'boom', details: { token: 'secret' } }, 'FALLBACK')).not.toHaveProperty(
        'details',
      );
    });
  });

  describe('never throws', () => {
    const traps = { get: throwing, getPrototypeOf: throwing, has: throwing, ownKeys: throwing };

    it.each<[string, object]>([
      [
        'an object of getters',
        Object.defineProperties(
          {},
          { code: { get: throwing }, message: { get: throwing }, retryable: { get: throwing } },
        ),
      ],
      ['a proxy', new Proxy({}, traps)],
      ['a proxy of an error of ours', new Proxy(new KitchenError(), { get: throwing })],
      ['a proxy of a function', new Proxy(() => undefined, traps)],
    ])('on %s', (_kind, thrown) => {
      expect(toErrorRecord(thrown, 'FALLBACK')).toMatchObject({ code: 'FALLBACK', message: 'unknown error' });
    });

    it('on a revoked proxy', () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      expect(toErrorRecord(proxy, 'FALLBACK').code).toBe('FALLBACK');
    });

    it('whatever is thrown, and what it gives is JSON', () => {
      fc.assert(
        fc.property(
          fc.anything({
            withBigInt: true,
            withDate: true,
            withMap: true,
            withNullPrototype: true,
            withSparseArray: true,
          }),
          fc.boolean(),
          (value, ours) => {
            const thrown = ours ? new KitchenError({ details: { value } }) : value;
            const record = toErrorRecord(thrown, 'FALLBACK');
            expect(jsonProblems(record)).toEqual([]);
          },
        ),
      );
    });
  });

  describe('clips messages', () => {
    it('beyond the limit, and says so', () => {
      const { message } = toErrorRecord(new Error('x'.repeat(1_000_000)), 'FALLBACK');
      expect(message).toHaveLength(MAX_ERROR_MESSAGE_LENGTH);
      expect(message.endsWith('x…')).toBe(true);
    });

    it('not at the limit', () => {
      const whole = 'x'.repeat(MAX_ERROR_MESSAGE_LENGTH);
      expect(toErrorRecord(whole, 'FALLBACK').message).toBe(whole);
    });

    it('of errors of ours, too', () => {
      const error = new ValidationError(
        'it',
        Array.from({ length: 1_000 }, (_, i) => ({ path: `p${i}`, message: 'bad' })),
      );
      expect(toErrorRecord(error, 'FALLBACK').message).toHaveLength(MAX_ERROR_MESSAGE_LENGTH);
    });

    it('without leaving half a character, which would not survive UTF-8', () => {
      for (const lead of ['', 'x']) {
        const { message } = toErrorRecord(lead + '😀'.repeat(MAX_ERROR_MESSAGE_LENGTH), 'FALLBACK');
        expect(message.isWellFormed()).toBe(true);
        expect(Buffer.from(message).toString()).toBe(message);
      }
      expect(toErrorRecord('half \ud83d', 'FALLBACK').message).toBe('half \ufffd');
    });
  });
});
