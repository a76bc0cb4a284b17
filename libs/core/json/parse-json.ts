/** What a text says; undefined when it is no JSON. What it ought to be is for a schema to judge. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
