import { z } from 'zod';

/** One page of a listing. `nextCursor` is null on the last one; a cursor is opaque and only good for the same listing. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export const MAX_PAGE_LIMIT = 500;
export const DEFAULT_PAGE_LIMIT = 50;

export const pageLimitSchema = z.int().min(1).max(MAX_PAGE_LIMIT).default(DEFAULT_PAGE_LIMIT);
