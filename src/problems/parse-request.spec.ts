import fc from 'fast-check';
import { z } from 'zod';
import { ValidationError } from '#core';
import { integerText, parseParts, parseRequest } from './parse-request.js';

describe('integerText', () => {
  const schema = integerText(0, 60_000);

  it.each([
    ['0', 0],
    ['5', 5],
    ['60000', 60_000],
  ])('reads %j', (text, value) => {
    expect(schema.parse(text)).toBe(value);
  });

  it.each([
    '',
    ' 5',
    '5 ',
    '5.0',
    '1e3',
    '+5',
    '-1',
    '05',
    '0x5',
    '60001',
    '9'.repeat(400),
    '٥',
    'NaN',
    ['5', '5'],
    5,
  ])('refuses %j', (text) => {
    expect(schema.safeParse(text).success).toBe(false);
  });

  it('takes no text but the one that the number has', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = schema.safeParse(text);
        if (parsed.success) expect(String(parsed.data)).toBe(text);
      }),
    );
  });
});

describe('parseRequest', () => {
  const schemas = {
    query: z.strictObject({ waitMs: integerText(0, 10).optional() }),
    body: z.strictObject({ a: z.string() }),
  };

  it('gives every part as its schema has it', () => {
    expect(parseRequest(schemas, { query: { waitMs: '7' }, body: { a: 'b' } })).toEqual({
      query: { waitMs: 7 },
      body: { a: 'b' },
    });
  });

  it('tells of the problems of all parts at once', () => {
    const parsed = parseParts(schemas, { query: { waitMs: '11', x: '1', y: ['1', '2'] }, body: { a: 1 } });
    expect(parsed.problems?.map(({ path }) => path)).toEqual(['waitMs', 'x', 'y', 'a']);
    expect(() => parseRequest(schemas, { query: {}, body: null })).toThrow(ValidationError);
  });
});
