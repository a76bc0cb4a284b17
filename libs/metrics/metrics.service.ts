import { Injectable, Logger } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { collectProcessMetrics } from './process-metrics.js';

interface InstrumentOptions<Label extends string> {
  /** Base units, `_total` for counters; the prefix `orchestra_` is part of it. */
  name: `orchestra_${string}`;
  help: string;
  labels?: readonly Label[];
}

/** One sample of a gauge that is read at scrape time. */
export interface GaugeSample<Label extends string> {
  labels: Record<Label, string>;
  value: number;
}

/** The application's own registry and what makes instruments in it; nothing is registered globally. */
@Injectable()
export class MetricsService {
  readonly #logger = new Logger(MetricsService.name);
  readonly registry = new Registry();

  constructor() {
    collectProcessMetrics(this.registry);
  }

  counter<Label extends string = never>({
    name,
    help,
    labels = [],
  }: InstrumentOptions<Label>): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labels], registers: [this.registry] });
  }

  histogram<Label extends string = never>(
    { name, help, labels = [] }: InstrumentOptions<Label>,
    buckets: readonly number[],
  ): Histogram<Label> {
    return new Histogram({
      name,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [this.registry],
    });
  }

  /**
   * A gauge whose samples `read` gives at every scrape. One that fails is logged, and is without a sample until it is well
   * again: the rest of the scrape is whole, and no old figure (nor the 0 of a gauge without labels) passes for a new one.
   */
  gauge<Label extends string = never>(
    { name, help, labels = [] }: InstrumentOptions<Label>,
    read: () => readonly GaugeSample<Label>[] | Promise<readonly GaugeSample<Label>[]>,
  ): void {
    const logger = this.#logger;
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [this.registry],
      async collect() {
        try {
          const samples = await read();
          this.reset();
          for (const sample of samples) this.set(sample.labels, sample.value);
        } catch (error) {
          logger.error(`could not read ${name}`, error);
          this.reset();
          if (labels.length === 0) this.remove();
        }
      },
    });
  }
}
