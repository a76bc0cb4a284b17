import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { Gauge, collectDefaultMetrics, type Registry } from 'prom-client';

/** What prom-client reads off its sampler of the event loop. */
const SAMPLED_LAGS = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'];

/** ms between two samples: the longest there can be, for the sampler cannot be left out. */
const NEVER_MS = 2_147_483_647;

/**
 * prom-client's metrics of the process, but for those of the lag of its event loop that come from a sampler: it wakes an
 * idle process a hundred times a second. How busy the loop is is told without one.
 */
export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const lag of SAMPLED_LAGS) registry.removeSingleMetric(`nodejs_eventloop_lag_${lag}_seconds`);
  let last: EventLoopUtilization | undefined;
  new Gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'How much of its time the event loop was busy since the last scrape, 0 to 1.',
    registers: [registry],
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(
        last === undefined ? now.utilization : performance.eventLoopUtilization(now, last).utilization,
      );
      last = now;
    },
  });
}
