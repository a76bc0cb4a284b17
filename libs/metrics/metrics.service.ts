import { Injectable, Logger } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { collectProcessMetrics } from './process-metrics.js';

interface InstrumentOptions<Label extends string> {
  /** Base units, `_total` for counters; the prefix `orchestra_` is part of it. */
  name: `orchestra_${string}`;
  help: string;
  labels?: readonly Label[];
}

/** One sample of what is read at scrape time. */
export interface GaugeSample<Label extends string> {
  labels: Record<Label, string>;
  value: number;
}

type Read<Label extends string> = () =>
  readonly GaugeSample<Label>[] | Promise<readonly GaugeSample<Label>[]>;

/** The application's own registry and what makes instruments in it; nothing is registered globally. */
@Injectable()
export class MetricsService {
  readonly #logger = new Logger(MetricsService.name);
  readonly registry = new Registry();

  constructor() {
    collectProcessMetrics(this.registry);
  }

  counter<Label extends string = never>(options: InstrumentOptions<Label>): Counter<Label> {
    return new Counter(this.#configure(options));
  }

  histogram<Label extends string = never>(
    options: InstrumentOptions<Label>,
    buckets: readonly number[],
  ): Histogram<Label> {
    return new Histogram({ ...this.#configure(options), buckets: [...buckets] });
  }

  /**
   * A gauge whose samples `read` gives at every scrape. One that fails is logged, and is without a sample until it is well
   * again: the rest of the scrape is whole, and no old figure (nor the 0 of a gauge without labels) passes for a new one.
   */
  gauge<Label extends string = never>(options: InstrumentOptions<Label>, read: Read<Label>): void {
    const fill = this.#fill(options, read);
    new Gauge({
      ...this.#configure(options),
      collect() {
        return fill(this, ({ labels, value }) => this.set(labels, value));
      },
    });
  }

  /** The same for what somebody else counts: `read` gives its totals, which never fall. */
  readCounter<Label extends string = never>(options: InstrumentOptions<Label>, read: Read<Label>): void {
    const fill = this.#fill(options, read);
    new Counter({
      ...this.#configure(options),
      collect() {
        return fill(this, ({ labels, value }) => this.inc(labels, value));
      },
    });
  }

  #configure<Label extends string>({ name, help, labels = [] }: InstrumentOptions<Label>) {
    return { name, help, labelNames: [...labels], registers: [this.registry] };
  }

  #fill<Label extends string>({ name, labels = [] }: InstrumentOptions<Label>, read: Read<Label>) {
    return async (
      instrument: { reset(): void; remove(): void },
      put: (sample: GaugeSample<Label>) => void,
    ): Promise<void> => {
      try {
        const samples = await read();
        instrument.reset();
        samples.forEach(put);
      } catch (error) {
        this.#logger.error(`could not read ${name}`, error);
        instrument.reset();
        if (labels.length === 0) instrument.remove();
      }
    };
  }
}
