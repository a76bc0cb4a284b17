import fc from 'fast-check';
import { FrameReader } from './frame-reader.js';
import type { PatternError } from './patterns.errors.js';

const frame = (text: string): string => `${text.length}#${text}`;

/** All messages in the bytes, given in pieces of the sizes one after another. */
function readAll(bytes: Buffer, sizes: readonly number[], maxLength = 1_000): string[] {
  const reader = new FrameReader(maxLength);
  const messages: string[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    reader.push(bytes.subarray(at, at + size));
    at += size;
    for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message);
  }
  expect(reader.isWithin).toBe(false);
  return messages;
}

function codeOf(...pieces: (string | Buffer)[]): string {
  const reader = new FrameReader(1_000);
  try {
    for (const piece of pieces) {
      reader.push(Buffer.from(piece));
      while (reader.next() !== undefined);
    }
  } catch (error) {
    return (error as PatternError).code;
  }
  return 'none';
}

describe('FrameReader', () => {
  it('finds the same messages however their bytes are cut', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 50 }), { maxLength: 20 });
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(texts, sizes, (messages, pieces) => {
        expect(readAll(Buffer.from(messages.map(frame).join('')), pieces)).toEqual(messages);
      }),
    );
  });

  it('tells whether a message has begun', () => {
    const reader = new FrameReader(10);
    expect(reader.isWithin).toBe(false);
    for (const piece of ['1', '#']) {
      reader.push(Buffer.from(piece));
      expect(reader.next()).toBeUndefined();
      expect(reader.isWithin).toBe(true);
    }
    reader.push(Buffer.from('x'));
    expect(reader.next()).toBe('x');
    expect(reader.isWithin).toBe(false);
  });

  it.each([
    ['BAD_REQUEST', ['#']],
    ['BAD_REQUEST', ['x']],
    ['BAD_REQUEST', ['12x']],
    ['BAD_REQUEST', ['-1#']],
    ['BAD_REQUEST', ['\uFEFF2#{}']],
    ['BAD_REQUEST', ['12345', '67890']],
    ['BAD_REQUEST', ['2#{}', '2#{}?']],
    ['PAYLOAD_TOO_LARGE', ['1001#']],
    ['PAYLOAD_TOO_LARGE', ['999999999#']],
    ['MALFORMED_JSON', [Buffer.from([0x32, 0x23, 0xc3, 0x28])]],
    ['none', ['1000#', 'x'.repeat(1_000), '000000002#{}', '12345678']],
  ])('refuses as soon as it can: %s for %j', (code, pieces) => {
    expect(codeOf(...pieces)).toBe(code);
  });
});
