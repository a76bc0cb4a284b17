import { readTraceparent, traceparentSchema } from './traceparent.js';

const good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const bad: [what: string, value: unknown][] = [
  ['nothing', undefined],
  ['an empty text', ''],
  ['no text', 7],
  ['the forbidden version', good.replace(/^00/, 'ff')],
  ['upper case', good.toUpperCase()],
  ['a trace id of zeros', good.replace(/-[0-9a-f]{32}-/, `-${'0'.repeat(32)}-`)],
  ['a parent id of zeros', good.replace(/-[0-9a-f]{16}-/, `-${'0'.repeat(16)}-`)],
  ['a digit too few', good.slice(0, -1)],
  ['more behind it', `${good}-00`],
  ['a line break behind it', `${good}\n`],
  ['two of them', `${good}, ${good}`],
];

describe('a traceparent', () => {
  it.each([good, good.replace(/01$/, '00'), good.replace(/01$/, 'ff')])('is %s', (value) => {
    expect(traceparentSchema.parse(value)).toBe(value);
    expect(readTraceparent(value)).toBe(value);
  });

  it.each([good.replace(/^00/, 'cc'), `${good.replace(/^00/, '01')}-what-comes`])(
    'of a later version is told in version 00: %s',
    (value) => {
      expect(traceparentSchema.safeParse(value).success).toBe(false);
      expect(readTraceparent(value)).toBe(good);
    },
  );

  it.each(bad)('is not %s', (_what, value) => {
    expect(traceparentSchema.safeParse(value).success).toBe(false);
    expect(readTraceparent(value)).toBeUndefined();
  });
});
