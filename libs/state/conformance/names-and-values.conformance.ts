import type { JsonValue } from '#core';
import { MAX_KEY_LENGTH, type Commit } from '../ports/state-store.js';
import { logValues, members, refused } from './helpers.js';
import type { StoreContext } from './store-under-test.js';

const LEGAL_NAMES = [
  ' ',
  '0',
  '日本語',
  '\u{1F600}',
  '\uFFFD',
  'e\u0301',
  'é',
  'a:b::c:',
  '{tag}',
  '*',
  '?[a-z]',
  '../../etc/passwd',
  'line\r\nDEL x\r\n',
  '\u202Ertl',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'x'.repeat(MAX_KEY_LENGTH),
  '\u{1F600}'.repeat(MAX_KEY_LENGTH / 2),
];

const ILLEGAL_NAMES = ['', '\0', 'a\0b', 'x'.repeat(MAX_KEY_LENGTH + 1), '\uD800', 'a\uDC00b'];

const VALUES: JsonValue[] = [
  null,
  true,
  false,
  0,
  -1.5,
  1e300,
  Number.MIN_VALUE,
  Number.MAX_SAFE_INTEGER,
  '',
  'text "quoted" \\ \n \0 \u2028 日本 \u{1F600} \uD800',
  [],
  {},
  [[], [{}], null],
  { constructor: 1, toString: 'x', '': { '': [] }, '1': 1, 'a\0b': 2 },
];

export function describeNamesAndValues(context: StoreContext): void {
  it.each(LEGAL_NAMES.map((name) => [label(name), name]))(
    'takes %s as a name of everything',
    async (_, name) => {
      const { store } = context;
      await store.commit({
        puts: [{ key: name, fields: own(name, 'v') }],
        index: [{ index: name, member: name, score: 1 }],
        append: [{ log: name, entry: 1 }],
        push: [{ list: name, value: 2 }],
      });
      const record = await store.get(name);
      expect(Object.entries(record ?? {})).toEqual([[name, 'v']]);
      expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
      expect(Object.entries((await store.get(name, [name])) ?? {})).toEqual([[name, 'v']]);
      expect(await members(store, name, 'asc')).toEqual([name]);
      expect(await logValues(store, name)).toEqual([1]);
      expect((await store.peek(name)).map(({ value }) => value)).toEqual([2]);
      expect((await store.take(name))?.value).toBe(2);
      expect(await store.claim(name)).toBe(1);
      await store.commit({
        fence: { key: name, claim: 1 },
        deletes: { records: [name], logs: [name], lists: [name] },
      });
      expect(await store.get(name)).toBeUndefined();
    },
  );

  it('keeps all those names apart', async () => {
    const { store } = context;
    await store.commit({ puts: LEGAL_NAMES.map((key, at) => ({ key, fields: own(key, at) })) });
    for (const [at, key] of LEGAL_NAMES.entries())
      expect(Object.values((await store.get(key)) ?? {})).toEqual([at]);
  });

  it.each(ILLEGAL_NAMES.map((name) => [label(name), name]))(
    'refuses %s as a name of anything, and reads it as empty',
    async (_, name) => {
      const { store } = context;
      const commits: Commit[] = [
        { puts: [{ key: name, fields: {} }] },
        { puts: [{ key: 'k', fields: own(name, 1) }] },
        { index: [{ index: name, member: 'm', score: 1 }] },
        { index: [{ index: 'i', member: name, score: 1 }] },
        { append: [{ log: name, entry: 1 }] },
        { push: [{ list: name, value: 1 }] },
        { deletes: { records: [name] } },
        { deletes: { logs: [name] } },
        { deletes: { lists: [name] } },
        { fence: { key: name, claim: 1 } },
      ];
      for (const commit of commits) await refused(store.commit(commit), 'INVALID_COMMIT');
      await refused(store.claim(name), 'INVALID_COMMIT');
      // U+FFFD is what a lone surrogate becomes in UTF-8.
      await store.commit({
        puts: [{ key: '\uFFFD', fields: { '\uFFFD': 1 } }],
        push: [{ list: '\uFFFD', value: 1 }],
      });
      expect(await store.get(name)).toBeUndefined();
      expect(await store.get('\uFFFD', [name])).toEqual({});
      expect(await store.count(name)).toBe(0);
      expect(await store.peek(name)).toEqual([]);
      expect(await store.take(name)).toBeUndefined();
    },
  );

  it('brings every JSON value back as it was, from records, logs and lists', async () => {
    const { store } = context;
    const values = VALUES;
    await store.commit({
      puts: [{ key: 'k', fields: Object.fromEntries(values.map((value, at) => [`f${at}`, value])) }],
      append: values.map((entry) => ({ log: 'log', entry })),
      push: values.map((value) => ({ list: 'list', value })),
    });
    expect(await store.get('k')).toEqual(Object.fromEntries(values.map((value, at) => [`f${at}`, value])));
    expect(await logValues(store, 'log')).toEqual(values);
    expect((await store.peek('list')).map(({ value }) => value)).toEqual(values);
  });

  it('reads -0 as 0, which is all that JSON promises', async () => {
    await context.store.commit({ puts: [{ key: 'k', fields: { zero: -0 } }] });
    expect(await context.store.get('k')).toEqual({ zero: 0 });
  });

  it('takes values of a megabyte and values 100 levels deep', async () => {
    const { store } = context;
    const big = { text: 'é'.repeat(500_000), items: Array.from({ length: 20_000 }, (_, at) => ({ at })) };
    const deep = nested(100);
    await store.commit({ puts: [{ key: 'k', fields: { big, deep } }], push: [{ list: 'list', value: big }] });
    expect(await store.get('k')).toEqual({ big, deep });
    expect((await store.take('list'))?.value).toEqual(big);
  });

  const cycle: unknown[] = [];
  cycle.push([cycle]);
  it.each<[string, unknown]>([
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
    ['undefined', undefined],
    ['a BigInt', 1n],
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a Buffer', Buffer.from('x')],
    [
      'a class instance',
      new (class Thing {
        value = 1;
      })(),
    ],
    ['an object with toJSON', { toJSON: () => 'text' }],
    ['a sparse array', new Array<unknown>(2)],
    ['a cycle', cycle],
    ['a __proto__ key', JSON.parse('{"__proto__":{"admin":true}}')],
    ['101 levels', nested(101)],
    ['100,000 levels', nested(100_000)],
  ])('refuses %s, at any depth and place', async (_, odd) => {
    const { store } = context;
    // The type says what is allowed; the suite is about those who do not listen.
    for (const value of [odd, [1, odd], { a: { b: odd } }] as JsonValue[]) {
      const error = await refused(
        store.commit({ puts: [{ key: 'k', fields: { fine: 1, odd: value } }] }),
        'INVALID_COMMIT',
      );
      expect(JSON.stringify(error.details)).toContain('puts[0].fields.odd');
      await refused(store.commit({ append: [{ log: 'log', entry: value }] }), 'INVALID_COMMIT');
      await refused(store.commit({ push: [{ list: 'list', value }] }), 'INVALID_COMMIT');
    }
    expect(await store.get('k')).toBeUndefined();
    expect(await store.peek('list')).toEqual([]);
  });

  it('keeps copies: neither the writer nor a reader can change what is stored', async () => {
    const { store } = context;
    const value = { list: [1] };
    await store.commit({
      puts: [{ key: 'k', fields: { value } }],
      append: [{ log: 'log', entry: value }],
      push: [{ list: 'list', value }],
    });
    value.list.push(2);
    const read = await store.get('k');
    expect(read).toEqual({ value: { list: [1] } });
    if (read !== undefined) read['value'] = 'changed';
    expect(await store.get('k')).toEqual({ value: { list: [1] } });
    for (let n = 0; n < 2; n++) {
      const [peeked] = await store.peek('list');
      expect(peeked?.value).toEqual({ list: [1] });
      Object.assign(peeked?.value ?? {}, { list: 'changed' });
    }
    expect(await logValues(store, 'log')).toEqual([{ list: [1] }]);
  });
}

/** A name for the title of a test: a line of ASCII. */
function label(name: string): string {
  const text = JSON.stringify(name.slice(0, 30)).replace(
    /[^ -~]/gu,
    (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
  return name.length > 30 ? `${text}... of ${name.length} characters` : text;
}

/** An object with this one own property, `__proto__` too. */
function own(name: string, value: JsonValue): Record<string, JsonValue> {
  return Object.fromEntries([[name, value]]);
}

function nested(levels: number): JsonValue {
  let value: JsonValue = [];
  for (let level = 1; level < levels; level++) value = [value];
  return value;
}
