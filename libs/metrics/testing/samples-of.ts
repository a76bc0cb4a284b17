import type { Registry } from 'prom-client';

/** What a scrape shows of our own metrics: value by `name{labels}`. */
export async function samplesOf(registry: Registry): Promise<Record<string, number>> {
  const text = await registry.metrics();
  return Object.fromEntries(
    [...text.matchAll(/^(orchestra_\S+) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
  );
}
