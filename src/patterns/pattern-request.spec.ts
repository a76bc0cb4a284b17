import { parsePatternRequest } from './pattern-request.js';

const message = (data: string): string => `{"pattern":"p","id":1,"data":${data}}`;

describe('parsePatternRequest', () => {
  it.each([
    '{"__proto__":{"a":1}}',
    '{"\\u005f\\u005Fproto__":{"a":1}}',
    '[{"constructor":{"prototype":{"a":1}}}]',
    '{"\\u0063onstructor":{"pr\\u006ftotype":{"a":1}}}',
  ])('refuses the keys that REST refuses: %s', (data) => {
    expect(parsePatternRequest(message(data))?.refusal).toMatchObject({ code: 'MALFORMED_JSON' });
  });

  it.each([
    '{"constructor":"Brunel"}',
    '{"constructor":{"name":"Eiffel"}}',
    '{"prototype":{}}',
    '"__proto__"',
  ])('takes what only looks like one: %s', (data) => {
    expect(parsePatternRequest(message(data))).toEqual({ pattern: 'p', id: 1, data: JSON.parse(data) });
  });
});
