import { z } from 'zod';

const MAX_HEADERS = 64;
const MAX_VALUE_LENGTH = 8_192;

/** RFC 9110 §5.6.2 (token) and §5.5 (field value), the latter without obs-text. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const HEADER_VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/;

/** What the protocols set themselves, and what belongs to the connection. */
const RESERVED = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'traceparent',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-deadline-ms',
]);

/** Headers sent with every request to an agent: authorization, tenant and the like. Names in lower case. */
export const agentHeadersSchema = z
  .record(z.string(), z.string().max(MAX_VALUE_LENGTH))
  .superRefine((headers, context) => {
    const seen = new Set<string>();
    for (const [name, value] of Object.entries(headers)) {
      const lower = name.toLowerCase();
      const message = problemOf(lower, value, seen);
      if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
      seen.add(lower);
    }
    if (seen.size > MAX_HEADERS)
      context.addIssue({ code: 'custom', message: `more than ${MAX_HEADERS} headers` });
  })
  .transform((headers) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  );

function problemOf(lowerName: string, value: string, seen: ReadonlySet<string>): string | undefined {
  if (!HEADER_NAME.test(lowerName)) return 'is not a header name';
  if (RESERVED.has(lowerName)) return 'is set by the protocol itself';
  if (seen.has(lowerName)) return 'is there twice';
  return HEADER_VALUE.test(value) ? undefined : 'must be printable ASCII without spaces at its ends';
}
