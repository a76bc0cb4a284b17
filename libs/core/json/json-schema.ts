import { z } from 'zod';
import { MAX_JSON_DEPTH, jsonFindings, type JsonValue } from './json.js';

/** Any JSON value, as `jsonProblems` defines it. Its meta is what JSON Schema shows of it. */
export const jsonValueSchema = z
  .custom<JsonValue>()
  .superRefine((value, context) => {
    for (const { path, message } of jsonFindings(value)) context.addIssue({ code: 'custom', path, message });
  })
  .meta({
    type: ['null', 'boolean', 'number', 'string', 'array', 'object'],
    description: `Any JSON value, nested at most ${MAX_JSON_DEPTH} levels deep.`,
  });
