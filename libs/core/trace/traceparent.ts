import { z } from 'zod';

/** Version 00 of https://www.w3.org/TR/trace-context/#traceparent-header; ids of nothing but zeros are invalid. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Where a trace stands: `00-<trace id>-<parent id>-<flags>`, in lower-case hexadecimal digits. */
export const traceparentSchema = z
  .string()
  .regex(TRACEPARENT, 'must be a W3C traceparent: 00-<32 hex digits>-<16 hex digits>-<2 hex digits>');

/**
 * The `traceparent` that came with a request, or undefined when there is none or it is malformed: a broken trace must not
 * break what is traced (W3C Trace Context §3.2.2.3 has it ignored).
 */
export function readTraceparent(value: unknown): string | undefined {
  return typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined;
}
