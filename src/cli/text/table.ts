import { printable } from './printable.js';
import { displayWidth, fit, truncate } from './width.js';

const GAP = '  ';

/** Rows under their headings, each column as wide as its widest cell; cut to `columns` where there is a terminal. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const cells = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, at) => Math.max(...cells.map((row) => displayWidth(row[at] ?? ''))));
  const lines = cells.map((row) =>
    row
      .map((cell, at) => fit(cell, widths[at] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
  return lines.map((line) => `${truncate(line, columns)}\n`).join('');
}
