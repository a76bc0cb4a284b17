import { median } from './statistics.mjs';
import { formatNumber, formatTable } from './table.mjs';

/**
 * @typedef {object} Row One figure.
 * @property {string} what
 * @property {string} unit `/s`, `ms`, `x` and the like.
 * @property {number[]} values One a round; the median is what counts.
 * @property {number} [atLeast] The limit below which it is missed,
 * @property {number} [atMost] or above which it is.
 */

/** Whether the figure is within its limit; undefined when it has none. A figure that is none misses any limit. */
export function isWithin({ values, atLeast, atMost }) {
  const figure = median(values);
  if (atLeast !== undefined) return figure >= atLeast;
  if (atMost !== undefined) return figure <= atMost;
  return undefined;
}

/**
 * The rows as a table, with limits and whether they are kept unless `limits` is false.
 * @param {Row[]} rows
 */
export function formatReport(rows, { limits }) {
  const head = ['what', 'median', 'unit', 'min..max', ...(limits ? ['limit', 'kept'] : [])];
  return formatTable(
    head,
    rows.map((row) => [
      row.what,
      formatNumber(median(row.values)),
      row.unit,
      row.values.length > 1
        ? `${formatNumber(Math.min(...row.values))}..${formatNumber(Math.max(...row.values))}`
        : '',
      ...(limits ? [limitOf(row), { true: 'yes', false: 'MISSED' }[isWithin(row)] ?? ''] : []),
    ]),
  );
}

/** Prints the rows and, outside a quick run, has the process end with 1 when a limit is missed. */
export function report(title, rows, { quick }) {
  console.log([`\n## ${title}\n`, ...formatReport(rows, { limits: !quick })].join('\n'));
  if (!quick && rows.some((row) => isWithin(row) === false)) process.exitCode = 1;
}

function limitOf({ atLeast, atMost }) {
  if (atLeast !== undefined) return `≥ ${formatNumber(atLeast)}`;
  return atMost === undefined ? '' : `≤ ${formatNumber(atMost)}`;
}
