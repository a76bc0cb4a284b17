import { z } from 'zod';
import { jsonFindings, type JsonValue } from './json.js';

/** Any JSON value, as `jsonProblems` defines it. */
export const jsonValueSchema = z.custom<JsonValue>().superRefine((value, context) => {
  for (const { path, message } of jsonFindings(value)) context.addIssue({ code: 'custom', path, message });
});
