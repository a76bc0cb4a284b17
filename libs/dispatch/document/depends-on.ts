import { z } from 'zod';
import { STEP_ID } from './step-id.js';

/** Issues that one list may raise: zod hands them on as arguments, of which the stack holds only so many. */
const MAX_ISSUES = 100;

/** A list of step ids, each once. Whether there are such steps, the whole document tells. */
export const dependsOnSchema = z
  .custom<string[]>((value) => Array.isArray(value), 'must be a list of step ids')
  .superRefine((ids: readonly unknown[], context) => {
    const seen = new Set<unknown>();
    let issues = 0;
    for (const [index, id] of Array.from(ids).entries()) {
      const message =
        typeof id !== 'string' ? 'must be a step id' : seen.has(id) ? `"${id}" is listed twice` : undefined;
      seen.add(id);
      if (message === undefined) continue;
      context.addIssue({ code: 'custom', path: [index], message });
      if (++issues >= MAX_ISSUES) break;
    }
  })
  // What JSON Schema shows of it.
  .meta({ type: 'array', items: { type: 'string', pattern: STEP_ID.source }, uniqueItems: true });
