import { z } from 'zod';
import { MAX_DELAY_MS } from './clock.js';

/** A time that something may take, ms: 1..{@link MAX_DELAY_MS}. */
export const durationMsSchema = z.int().min(1).max(MAX_DELAY_MS);

/** A time to wait, ms, possibly none: 0..{@link MAX_DELAY_MS}. */
export const delayMsSchema = z.int().min(0).max(MAX_DELAY_MS);
