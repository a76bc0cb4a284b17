import fc from 'fast-check';
import { splitLines, type NumberedLine } from './split-lines.js';

async function linesOf(chunks: readonly Uint8Array[], maxLength = 1_000): Promise<NumberedLine[]> {
  const found: NumberedLine[] = [];
  const text = (async function* () {
    yield* chunks;
  })();
  for await (const line of splitLines(text, maxLength)) found.push(line);
  return found;
}

describe('splitLines', () => {
  it('finds the same lines however the text is cut, also in the middle of a character', async () => {
    const lines = fc.array(fc.string({ unit: fc.constantFrom('a', ' ', 'é', '寝', '👩', '\r', '{') }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(lines, fc.integer({ min: 1, max: 7 }), async (given, size) => {
        const bytes = Buffer.from(given.join('\n'));
        const chunks = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        const expected = given
          .map((text, place) => ({ number: place + 1, text: text.replace(/\r$/, '') }))
          .filter(({ text }) => text.trim() !== '');
        expect(await linesOf(chunks)).toEqual(expected);
      }),
    );
  });

  it.each([
    ['', []],
    ['\n\n', []],
    ['a', [{ number: 1, text: 'a' }]],
    [
      'a\r\n\r\nb\r\n',
      [
        { number: 1, text: 'a' },
        { number: 3, text: 'b' },
      ],
    ],
    ['\ufeffa\n', [{ number: 1, text: 'a' }]],
  ])('of %j are %j', async (text, expected) => {
    expect(await linesOf([Buffer.from(text)])).toEqual(expected);
  });

  it('holds no line that is too long, and goes on behind it', async () => {
    const chunks = ['abc', 'def', 'ghi\nab', 'cde\nabcdef'].map((text) => Buffer.from(text));
    expect(await linesOf(chunks, 5)).toEqual([
      { number: 1, text: null },
      { number: 2, text: 'abcde' },
      { number: 3, text: null },
    ]);
  });
});
