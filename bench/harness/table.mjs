const NUMBER = String.raw`-?[\d.,]+`;
const NUMERIC = new RegExp(`^([≥≤] )?${NUMBER}(\\.\\.${NUMBER})?( %)?$|^-?$`);

/** Lines of a Markdown table, its columns aligned; a column of numbers to the right. */
export function formatTable(head, rows) {
  const widths = head.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i].length)));
  const right = head.map((_, i) => rows.every((row) => NUMERIC.test(row[i])));
  const pad = (cell, i) => (right[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]));
  const rule = widths.map((width, i) => (right[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [head.map(pad), rule, ...rows.map((row) => row.map(pad))].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Three digits that say something, or all before the point: `31,204`, `4.83`, `0.00512`. */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return '-';
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const whole = Math.abs(value) >= 100;
  return value.toLocaleString(
    'en-US',
    whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 },
  );
}
