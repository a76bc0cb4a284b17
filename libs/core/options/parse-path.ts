const PART = /\.?([^.[\]"\s]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/uy;

/** The parts of a problem's path, as `formatPath` writes it: `steps[2]["b.c"].id`. Reads as far as it understands. */
export function parsePath(text: string): (string | number)[] {
  const parts: (string | number)[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const [, plain, index, quoted] = PART.exec(text) ?? [];
    if (plain !== undefined) parts.push(plain);
    else if (index !== undefined) parts.push(Number(index));
    else if (quoted !== undefined) parts.push(JSON.parse(quoted) as string);
    else break;
  }
  return parts;
}
