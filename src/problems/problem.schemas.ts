import { z } from 'zod';
import type { ErrorRecord, Problem } from '#core';
import type { ProblemDetails } from '#http';
import { answers } from '../openapi/components.js';

const problemSchema = answers<Problem>()(
  'Problem',
  z.object({
    path: z.string().describe('Where it is: `workflow.steps[2].dependsOn[0]`; empty for the whole.'),
    message: z.string(),
  }),
);

/** What every error is answered with. */
export const problemDetailsSchema = answers<ProblemDetails>()(
  'ProblemDetails',
  z
    .object({
      type: z.string().describe('A URN that names the kind of problem, made of its code.'),
      title: z.string().describe('For people; the same for every problem of the code.'),
      status: z.int().min(400).max(599),
      code: z.string().describe('Stable, in SCREAMING_SNAKE: decide on it, never on the texts.'),
      detail: z.string().describe('For people: what went wrong this time.'),
      instance: z.string().optional().describe('The path of the request, where one could be read.'),
      errors: z
        .array(problemSchema)
        .readonly()
        .optional()
        .describe('What exactly is wrong with the request.'),
      retryAfterMs: z
        .int()
        .min(1)
        .optional()
        .describe('When the same request may succeed; also in `Retry-After`.'),
      requestId: z.string().optional().describe('Names the entry of the log that tells more.'),
    })
    .describe('A problem (RFC 9457).'),
);

/** An error as executions, steps and agents keep it. */
export const errorRecordSchema = answers<ErrorRecord>()(
  'ErrorRecord',
  z.object({
    code: z.string().describe('Stable, in SCREAMING_SNAKE; an agent may have codes of its own.'),
    message: z.string(),
    retryable: z.boolean().describe('Whether the same work may succeed when it is tried again.'),
    details: z.record(z.string(), z.unknown()).optional().describe('Facts that a program can act on.'),
  }),
);
