import type { Counter, Histogram } from 'prom-client';

/** What prom-client keeps of one series of a histogram; no method of it adds more than one value at a time. */
interface HistogramSeries {
  labels: Record<string, string>;
  sum: number;
  count: number;
  bucketValues: Record<string, number>;
}

/**
 * Counts for a counter of one label at most, and hands it what has come together when it is read. prom-client hashes the
 * labels of every single increment, which takes longer than the event that is counted.
 */
export class CounterTally {
  readonly #counter: Counter;
  readonly #label: string | undefined;
  readonly #pending = new Map<string, number>();

  /** @param label the counter's one; without it, it has none. */
  constructor(counter: Counter, label?: string) {
    this.#counter = counter;
    this.#label = label;
    Object.assign(counter, { collect: () => this.#handOver() });
  }

  inc(labelValue = ''): void {
    this.#pending.set(labelValue, (this.#pending.get(labelValue) ?? 0) + 1);
  }

  #handOver(): void {
    for (const [labelValue, count] of this.#pending) {
      this.#counter.inc(labelsOf(this.#label, labelValue), count);
    }
    this.#pending.clear();
  }
}

/** The same for a histogram. Its figures are those that it would have itself, to the last digit of the sum. */
export class HistogramTally {
  readonly #histogram: Histogram;
  readonly #bounds: readonly number[];
  readonly #label: string | undefined;
  readonly #series = new Map<string, SeriesTally>();

  /** @param bounds the histogram's buckets, ascending. @param label its one; without it, it has none. */
  constructor(histogram: Histogram, bounds: readonly number[], label?: string) {
    this.#histogram = histogram;
    this.#bounds = bounds;
    this.#label = label;
    Object.assign(histogram, { collect: () => this.#handOver() });
  }

  /** @throws {TypeError} for what is no finite number. */
  observe(value: number, labelValue = ''): void {
    if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be observed`);
    let tally = this.#series.get(labelValue);
    if (tally === undefined) {
      tally = new SeriesTally(this.#bounds);
      this.#series.set(labelValue, tally);
    }
    tally.add(value);
  }

  #handOver(): void {
    for (const [labelValue, tally] of this.#series) {
      if (tally.count > 0) tally.handOver(this.#seriesOf(labelValue));
    }
  }

  #seriesOf(labelValue: string): HistogramSeries {
    const labels = labelsOf(this.#label, labelValue);
    const find = (): HistogramSeries | undefined =>
      Object.values(
        (this.#histogram as unknown as { hashMap: Record<string, HistogramSeries> }).hashMap,
      ).find((series) => this.#label === undefined || series.labels[this.#label] === labelValue);
    const existing = find();
    if (existing !== undefined) return existing;
    this.#histogram.zero(labels);
    const made = find();
    if (made === undefined) throw new Error('the histogram keeps its series in another way');
    return made;
  }
}

class SeriesTally {
  /** Since they were handed over last. */
  count = 0;
  readonly #bounds: readonly number[];
  readonly #buckets: number[];
  /** Of all values: in another order of additions the last digits would be others. */
  #sum = 0;
  #handedSum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#buckets = bounds.map(() => 0);
  }

  add(value: number): void {
    this.count++;
    this.#sum += value;
    const bounds = this.#bounds;
    for (let at = 0; at < bounds.length; at++) {
      if (value <= (bounds[at] as number)) {
        this.#buckets[at] = (this.#buckets[at] as number) + 1;
        return;
      }
    }
  }

  handOver(series: HistogramSeries): void {
    // A histogram that was reset begins anew.
    if (series.sum !== this.#handedSum) this.#sum = series.sum + (this.#sum - this.#handedSum);
    series.sum = this.#handedSum = this.#sum;
    series.count += this.count;
    this.count = 0;
    for (const [at, bound] of this.#bounds.entries()) {
      series.bucketValues[bound] = (series.bucketValues[bound] ?? 0) + (this.#buckets[at] ?? 0);
      this.#buckets[at] = 0;
    }
  }
}

function labelsOf(label: string | undefined, value: string): Record<string, string> {
  return label === undefined ? {} : { [label]: value };
}
