import fc from 'fast-check';
import { Counter, Histogram, Registry } from 'prom-client';
import { CounterTally, HistogramTally } from './tallies.js';

const BOUNDS = [0.005, 0.1, 1, 30];

/** One of each kind with a label and without, tallied or plain, in a registry of their own. */
function instruments(tallied: boolean) {
  const registry = new Registry();
  const registers = [registry];
  const counter = new Counter({ name: 'c', help: 'c', labelNames: ['l'], registers });
  const bareCounter = new Counter({ name: 'bc', help: 'bc', registers });
  const histogram = new Histogram({ name: 'h', help: 'h', labelNames: ['l'], buckets: BOUNDS, registers });
  const bareHistogram = new Histogram({ name: 'bh', help: 'bh', buckets: BOUNDS, registers });
  if (!tallied) {
    return {
      registry,
      add: (label: string, value: number) => {
        counter.inc({ l: label });
        bareCounter.inc();
        histogram.observe({ l: label }, value);
        bareHistogram.observe(value);
      },
    };
  }
  const tallies = [new CounterTally(counter, 'l'), new CounterTally(bareCounter)] as const;
  const [labelled, bare] = [
    new HistogramTally(histogram, BOUNDS, 'l'),
    new HistogramTally(bareHistogram, BOUNDS),
  ];
  return {
    registry,
    add: (label: string, value: number) => {
      tallies[0].inc(label);
      tallies[1].inc();
      labelled.observe(value, label);
      bare.observe(value);
    },
  };
}

const act = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      label: fc.constantFrom('a', 'b', '', '__proto__', 'x"y\\z'),
      value: fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constantFrom(...BOUNDS, 1e300)),
    }),
  },
  fc.constantFrom('scrape' as const),
);

describe('tallies', () => {
  it('show what plain prom-client shows, to the last digit, however often they are read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const [tallied, plain] = [instruments(true), instruments(false)];
        for (const one of [...acts, 'scrape' as const]) {
          if (one === 'scrape') {
            expect(await tallied.registry.metrics()).toBe(await plain.registry.metrics());
          } else {
            tallied.add(one.label, one.value);
            plain.add(one.label, one.value);
          }
        }
      }),
    );
  });

  it('are read through the instruments too', async () => {
    const { registry, add } = instruments(true);
    add('a', 0.5);
    add('a', 0.5);

    expect((await registry.getSingleMetric('c')?.get())?.values).toMatchObject([
      { labels: { l: 'a' }, value: 2 },
    ]);
    expect((await registry.getSingleMetric('h')?.get())?.values).toContainEqual(
      expect.objectContaining({ metricName: 'h_sum', value: 1 }),
    );
  });

  it('begin anew when their instruments are reset', async () => {
    const [tallied, plain] = [instruments(true), instruments(false)];
    for (const { registry, add } of [tallied, plain]) {
      add('a', 2);
      await registry.metrics();
      registry.resetMetrics();
      add('a', 4);
      add('b', 8);
    }

    const text = await tallied.registry.metrics();

    // A plain histogram without labels is left without its series by a reset, until its first value.
    expect(text).toBe(await plain.registry.metrics());
    expect(text).toContain('h_sum{l="a"} 4\n');
  });

  it.each([NaN, Infinity])('refuse to observe %d', async (value) => {
    const { registry, add } = instruments(true);
    expect(() => add('a', value)).toThrow(TypeError);
    expect(await registry.metrics()).toContain('bh_count 0\n');
  });
});
