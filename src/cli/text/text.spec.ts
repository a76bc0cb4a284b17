import fc from 'fast-check';
import { formatDuration } from './duration.js';
import { printable, printableJson, printableLines } from './printable.js';
import { formatTable } from './table.js';
import { displayWidth, fit, truncate } from './width.js';

/** What a terminal could take for a command. */
// eslint-disable-next-line no-control-regex -- that is what it is about
const DANGEROUS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u;

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b[2J',
      '\u009b31m',
      '\u001b]0;t\u0007',
      '\r',
      '\n',
      '\t',
      '\u202e',
      '\ud800',
      '寝',
      '👩‍👩‍👧',
      'e\u0301',
    ),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
});

describe('printable text', () => {
  it.each([
    ['\u001b[31mred', '\\u001b[31mred'],
    ['two\r\nlines\tand more', 'two lines and more'],
    ['8-bit \u009b2J', '8-bit \\u009b2J'],
    ['user\u202etxt.exe', 'user\\u202etxt.exe'],
    ['half \ud83d pair', 'half \\ud83d pair'],
    ['Grüße 寝ています 👩‍👩‍👧', 'Grüße 寝ています 👩‍👩‍👧'],
  ])('of %j is %s', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('keeps lines and tabs where there may be some', () => {
    expect(printableLines('a\r\n\tb\u001b[2Jc\rd')).toBe('a\n\tb\\u001b[2Jc\\u000dd');
  });

  it('commands no terminal, whatever it is made of', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(printable(text)).not.toMatch(DANGEROUS);
        expect(printable(text)).not.toMatch(/[\n\t]/);
        expect(printableLines(text)).not.toMatch(DANGEROUS);
        expect(printableJson({ [text]: [text] })).not.toMatch(DANGEROUS);
      }),
    );
  });

  it('is the same JSON as before', () => {
    fc.assert(
      fc.property(fc.jsonValue(), hostile, (value, text) => {
        expect(JSON.parse(printableJson({ value, text }))).toEqual(
          JSON.parse(JSON.stringify({ value, text })),
        );
      }),
    );
  });
});

describe('the width of a text', () => {
  it.each([
    ['plain', 5],
    ['寝ています', 10],
    ['e\u0301', 1],
    ['✓', 1],
    ['🚀', 2],
    ['☎\ufe0f', 2],
    ['한글', 4],
    ['', 0],
  ])('of %j is %i columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });

  it.each([
    ['short', 5, 'short'],
    ['too long', 5, 'too …'],
    ['寝ています', 5, '寝て…'],
    ['寝ています', 4, '寝…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['any', 0, ''],
  ])('%j cut to %i columns is %j', (text, columns, expected) => {
    expect(truncate(text, columns)).toBe(expected);
  });

  it('is never more than asked for when it is cut, and exactly so when it is fitted', () => {
    fc.assert(
      fc.property(hostile, fc.nat({ max: 40 }), (text, columns) => {
        expect(displayWidth(truncate(printable(text), columns))).toBeLessThanOrEqual(columns);
        expect(displayWidth(fit(printable(text), columns))).toBe(columns);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [-5, '0 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [59_999, '59.9 s'],
    [65_000, '1 min 05 s'],
    [3_725_000, '1 h 02 min'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatTable', () => {
  it('lines its columns up, wide characters too, and shows no command', () => {
    const rows = [
      ['寝', 'x\u001b[2J'],
      ['abcd', 'y'],
    ];
    expect(formatTable(['A', 'B'], rows)).toBe('A     B\n寝    x\\u001b[2J\nabcd  y\n');
  });

  it('is cut to the terminal', () => {
    expect(formatTable(['NAME'], [['abcdefgh']], 5)).toBe('NAME\nabcd…\n');
  });
});
