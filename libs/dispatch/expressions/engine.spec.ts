import jsonata from 'jsonata';
import { loadEngine } from './engine.js';

const DATA = {
  orders: [
    {
      id: 'a',
      total: 3,
      lines: [
        { sku: 'x', n: 1 },
        { sku: 'y', n: 2 },
      ],
    },
    { id: 'b', total: 1, lines: [{ sku: 'x', n: 5 }] },
    { id: 'c', total: 2, lines: [] },
  ],
  text: 'The quick brown fox',
  empty: [],
  nothing: null,
};

const EXPRESSIONS = [
  'orders.lines.n',
  'orders[total > 1].id',
  'orders[0]',
  'orders[-1].id',
  'orders^(>total).id',
  'orders^(total, id)[0].id',
  'orders{id: total}',
  'orders.lines{sku: $sum(n)}',
  'orders@$o.lines.{"o": $o.id, "n": n}',
  'orders#$i.{"i": $i, "id": id}',
  'orders.lines.{"sku": sku, "order": %.id}',
  '**.n',
  'orders[0].*',
  '[1..5][$ % 2 = 0]',
  '$map(orders, function($o, $i){ $o.id & $i })',
  '$filter(orders, function($o){ $o.total > 1 }).id',
  '$reduce([1..5], function($a, $b){ $a * $b })',
  '$sift(orders[0], function($v, $k){ $k != "id" })',
  '$each(orders[0], function($v, $k){ $k })',
  '$single(orders, function($o){ $o.id = "b" }).total',
  '$sort(orders, function($a, $b){ $a.total > $b.total }).id',
  '$sort([3, 1, 2])',
  '$distinct([1, 2, 1])',
  '$zip([1, 2], ["a", "b"])',
  '$merge(orders.{id: total})',
  '$spread({"a": 1, "b": 2})',
  '$keys(orders)',
  '$append([1], [2, 3])',
  '$exists(nothing) and $not(missing)',
  '$match(text, /[a-z]+/).match',
  '$replace(text, /q(\\w+)/, "Q$1")',
  '$replace(text, /o/, function($m){ $uppercase($m.match) })',
  '$split(text, / /)',
  '$contains(text, /FOX/i)',
  '$pad("x", -5, "ab") & $substring(text, 4, 5) & $trim("  a  ")',
  '$join(orders.id, "-")',
  '$string(orders[0])',
  '$number("12.5") + $round(2.5) + $power(2, 3)',
  '$formatNumber(1234.5, "#,##0.00") & $formatBase(255, 16) & $formatInteger(12, "w")',
  '$fromMillis(0) & $toMillis("1970-01-01T00:00:01Z")',
  '$base64encode("äb") & $encodeUrlComponent("a b")',
  '$base64decode("YWI=")',
  '($f := function($n){ $n < 2 ? 1 : $n * $f($n - 1) }; $f(10))',
  '($even := function($n){ $n = 0 ? true : $odd($n - 1) }; $odd := function($n){ $n = 0 ? false : $even($n - 1) }; $even(101))',
  '($add := function($a, $b){ $a + $b }; $inc := $add(?, 1); [1, 2].$inc($))',
  '$substring(?, 0, 3)(text)',
  '(text ~> $uppercase ~> $length)',
  '($up := $trim ~> $uppercase; $up(" a "))',
  'orders[0] ~> |lines|{"n": n * 2}, "sku"|',
  'empty{"a": 1}',
  'orders.lines[]',
  'orders[0].id[]',
  '{"a": [1, [2, 3]], "b": {"c": missing}}',
  'missing ?? "d" & (missing ?: "e")',
  'text in ["a", text]',
  '$error("no")',
  '$assert(false, "not so")',
  '1 + "a"',
  '$uppercase(1)',
  '-text',
  'missing()',
  '$unknown(1)',
  '$sum(["a"])',
  '[1..1e8]',
];

describe('the synchronous engine', () => {
  const { engine } = loadEngine();

  it.each(EXPRESSIONS)('agrees with the package as it is on %s', async (source) => {
    const expected = await jsonata(source).evaluate(structuredClone(DATA)).then(comparable, failureOf);
    const attempt = (): unknown => {
      try {
        return comparable(engine(source, {}).evaluate(structuredClone(DATA), {}));
      } catch (error) {
        return failureOf(error);
      }
    };
    expect(attempt()).toEqual(expected);
  });
});

function comparable(value: unknown): unknown {
  return { value: JSON.stringify(value) };
}

function failureOf(error: unknown): unknown {
  const { code, message, position } = error as { code?: unknown; message?: unknown; position?: unknown };
  return { code, message, position };
}
