import { Logger } from '@nestjs/common';
import { register } from 'prom-client';
import { MetricsService } from './metrics.service.js';
import { samplesOf } from './testing/samples-of.js';

describe('MetricsService', () => {
  let logged: jest.SpyInstance;

  beforeEach(() => (logged = jest.spyOn(Logger.prototype, 'error').mockImplementation()));
  afterEach(() => logged.mockRestore());

  it('reads a gauge anew at every scrape, and forgets the samples that are gone', async () => {
    const metrics = new MetricsService();
    const agents = new Map([
      ['files', 2],
      ['mail', 1],
    ]);
    metrics.gauge({ name: 'orchestra_agents', help: 'Agents.', labels: ['capability'] }, () =>
      Array.from(agents, ([capability, value]) => ({ labels: { capability }, value })),
    );
    expect(await samplesOf(metrics.registry)).toEqual({
      'orchestra_agents{capability="files"}': 2,
      'orchestra_agents{capability="mail"}': 1,
    });
    agents.delete('mail');
    agents.set('files', 3);
    expect(await samplesOf(metrics.registry)).toEqual({ 'orchestra_agents{capability="files"}': 3 });
  });

  it('reads a counter anew at every scrape, and gives the total as it is', async () => {
    const metrics = new MetricsService();
    let refused = 2;
    metrics.readCounter({ name: 'orchestra_refused_total', help: 'Refused.', labels: ['code'] }, () => [
      { labels: { code: 'FULL' }, value: refused },
    ]);
    expect(await samplesOf(metrics.registry)).toEqual({ 'orchestra_refused_total{code="FULL"}': 2 });
    refused = 5;
    expect(await samplesOf(metrics.registry)).toEqual({ 'orchestra_refused_total{code="FULL"}': 5 });
    expect(await metrics.registry.metrics()).toContain('# TYPE orchestra_refused_total counter');
  });

  describe('with a gauge that cannot be read', () => {
    const boom = new Error('boom');
    let metrics: MetricsService;
    let well: boolean;

    beforeEach(() => {
      metrics = new MetricsService();
      well = false;
      metrics.counter({ name: 'orchestra_before_total', help: 'Before.' }).inc();
      metrics.gauge({ name: 'orchestra_waiting', help: 'Without labels.' }, async () => {
        if (!well) throw boom;
        return [{ labels: {}, value: 7 }];
      });
      metrics.gauge({ name: 'orchestra_agents', help: 'With labels.', labels: ['state'] }, () => {
        if (!well) throw boom;
        return [{ labels: { state: 'idle' }, value: 2 }];
      });
      metrics.gauge({ name: 'orchestra_after', help: 'After.' }, () => [{ labels: {}, value: 1 }]);
    });

    it('gives the rest of the scrape, and nothing for it that could be taken for a figure', async () => {
      expect(await samplesOf(metrics.registry)).toEqual({ orchestra_before_total: 1, orchestra_after: 1 });
    });

    it('says so once a scrape', async () => {
      await metrics.registry.metrics();
      expect(logged.mock.calls.sort()).toEqual([
        ['could not read orchestra_agents', boom],
        ['could not read orchestra_waiting', boom],
      ]);
      await metrics.registry.metrics();
      expect(logged).toHaveBeenCalledTimes(4);
    });

    it('gives its figures again when it is well, and no old ones when it is not any more', async () => {
      await metrics.registry.metrics();
      well = true;
      expect(await samplesOf(metrics.registry)).toMatchObject({
        orchestra_waiting: 7,
        'orchestra_agents{state="idle"}': 2,
      });
      well = false;
      expect(await samplesOf(metrics.registry)).toEqual({ orchestra_before_total: 1, orchestra_after: 1 });
    });
  });

  it("keeps everything in its own registry, prom-client's default metrics too", async () => {
    const [one, other] = [new MetricsService(), new MetricsService()];
    one.counter({ name: 'orchestra_same_total', help: 'Same.' }).inc(3);
    other.counter({ name: 'orchestra_same_total', help: 'Same.' }).inc(4);
    expect(await samplesOf(one.registry)).toEqual({ orchestra_same_total: 3 });
    expect(await samplesOf(other.registry)).toEqual({ orchestra_same_total: 4 });
    expect(await one.registry.metrics()).toContain('process_cpu_seconds_total');
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it('puts a value into the buckets that it was given', async () => {
    const metrics = new MetricsService();
    metrics
      .histogram({ name: 'orchestra_size_bytes', help: 'Size.', labels: ['kind'] }, [10, 100])
      .observe({ kind: 'a' }, 50);
    expect(await samplesOf(metrics.registry)).toEqual({
      'orchestra_size_bytes_bucket{le="10",kind="a"}': 0,
      'orchestra_size_bytes_bucket{le="100",kind="a"}': 1,
      'orchestra_size_bytes_bucket{le="+Inf",kind="a"}': 1,
      'orchestra_size_bytes_sum{kind="a"}': 50,
      'orchestra_size_bytes_count{kind="a"}': 1,
    });
  });
});
