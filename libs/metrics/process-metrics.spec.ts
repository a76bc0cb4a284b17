import { performance } from 'node:perf_hooks';
import { Registry } from 'prom-client';
import { collectProcessMetrics } from './process-metrics.js';

describe('collectProcessMetrics', () => {
  it('tells of the process and its event loop, without what a sampler would tell', async () => {
    const registry = new Registry();
    collectProcessMetrics(registry);
    const text = await registry.metrics();
    expect(text).toContain('nodejs_heap_size_used_bytes');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).not.toContain('nodejs_eventloop_lag_p99_seconds');
  });

  it('tells how busy the event loop was between two scrapes', async () => {
    const registry = new Registry();
    collectProcessMetrics(registry);
    const name = 'nodejs_eventloop_utilization_ratio';
    const read = async () => (await registry.getSingleMetric(name)?.get())?.values[0]?.value ?? NaN;
    await read();
    const busyUntil = performance.now() + 20;
    while (performance.now() < busyUntil);
    expect(await read()).toBeGreaterThan(0.5);
    expect(await read()).toBeLessThanOrEqual(1);
  });
});
