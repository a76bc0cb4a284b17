interface Row {
  what: string;
  unit: string;
  values: readonly number[];
  atLeast?: number;
  atMost?: number;
}

export function isWithin(row: Row): boolean | undefined;
export function formatReport(rows: readonly Row[], options: { limits: boolean }): string[];
