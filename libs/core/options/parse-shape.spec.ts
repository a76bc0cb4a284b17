import { z } from 'zod';
import { parseShape } from './parse-shape.js';

describe('parseShape', () => {
  const schema = z.strictObject({ id: z.string().min(1).max(5) });

  it('gives the parsed data of a sound value', () => {
    expect(parseShape(schema, { id: 'a' })).toEqual({ data: { id: 'a' } });
  });

  it('lists every problem under the path of the value', () => {
    expect(parseShape(schema, { id: '', more: 1 }, ['step', 2])).toEqual({
      problems: [
        { path: 'step[2].id', message: expect.any(String) },
        { path: 'step[2].more', message: 'unknown key' },
      ],
    });
  });

  it('refuses JSON that zod itself chokes on', () => {
    const hostile: unknown = JSON.parse('{"id":{"length":{"valueOf":1,"toString":1}}}');
    expect(() => schema.safeParse(hostile)).toThrow(TypeError);
    expect(parseShape(schema, hostile, ['body'])).toMatchObject({ problems: [{ path: 'body' }] });
  });
});
