export function percentile(values: readonly number[], p: number): number;
export function median(values: readonly number[]): number;
export function slope(xs: readonly number[], ys: readonly number[]): number;
