import fc from 'fast-check';
import { AgentError } from '../agents.errors.js';
import { checkOutput } from './check-output.js';

describe('checkOutput', () => {
  function codeOf(output: unknown, maxOutputBytes: number): string | undefined {
    try {
      checkOutput(output, maxOutputBytes);
      return undefined;
    } catch (error) {
      return error instanceof AgentError ? error.code : 'another error';
    }
  }

  it('passes a JSON value through, and nothing as null', () => {
    const output = { a: [1, 'x', true, null] };
    expect(checkOutput(output, 1_000)).toBe(output);
    expect(checkOutput(undefined, 1)).toBeNull();
  });

  it('accepts exactly what JSON.stringify makes of at most that many bytes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: -3, max: 3 }), (value, offset) => {
        const max = Buffer.byteLength(JSON.stringify(value)) + offset;
        fc.pre(max > 0 && !JSON.stringify(value).includes('__proto__'));
        expect(codeOf(value, max)).toBe(offset < 0 ? 'AGENT_OUTPUT_TOO_LARGE' : undefined);
      }),
    );
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', [Number.POSITIVE_INFINITY]],
    ['a BigInt', { n: 1n }],
    ['a date', { at: new Date(0) }],
    ['a function', { f: () => undefined }],
    ['undefined inside', { a: undefined }],
    ['a hole', new Array(1)],
    ['a cycle', cycle],
    ['a __proto__ key', JSON.parse('{"__proto__":1}')],
  ])('refuses %s and says where it is', (_, output) => {
    expect(codeOf(output, 1_000)).toBe('AGENT_INVALID_OUTPUT');
    expect(() => checkOutput(output, 1_000)).toThrow(/output/);
  });

  it('refuses a value that unfolds to 2^90 nodes at the moment its bytes are used up', () => {
    let value: unknown = 1;
    for (let n = 0; n < 90; n++) value = [value, value];
    expect(codeOf(value, 10_000)).toBe('AGENT_OUTPUT_TOO_LARGE');
  });
});
