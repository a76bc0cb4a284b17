export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string[];
export function formatNumber(value: number): string;
