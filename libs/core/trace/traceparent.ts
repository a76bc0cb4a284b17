import { z } from 'zod';

/** Version 00 of https://www.w3.org/TR/trace-context/#traceparent-header; ids of nothing but zeros are invalid. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Of a version to come: the same fields, and what may follow them. Version ff is invalid. */
const LATER_TRACEPARENT =
  /^(?!00|ff)[0-9a-f]{2}(-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?:-.*)?$/;

/** Where a trace stands: `00-<trace id>-<parent id>-<flags>`, in lower-case hexadecimal digits. */
export const traceparentSchema = z
  .string()
  .regex(TRACEPARENT, 'must be a W3C traceparent: 00-<32 hex digits>-<16 hex digits>-<2 hex digits>');

/**
 * The `traceparent` that came with a request, or undefined when there is none or it is malformed: a broken trace must not
 * break what is traced (W3C Trace Context §3.2.2.3 has it ignored). One of a later version is told in version 00, the
 * latest that is known here (§3.2.4).
 */
export function readTraceparent(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (TRACEPARENT.test(value)) return value;
  const [, fields] = LATER_TRACEPARENT.exec(value) ?? [];
  return fields === undefined ? undefined : `00${fields}`;
}
