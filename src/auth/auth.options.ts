import { z } from 'zod';
import { idSchema } from '#core';

/** What an API key may be good for; a route asks for one of them. */
const SCOPES = ['execute', 'read', 'message', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Every request is compared with every key. */
const MAX_API_KEYS = 1_000;

const apiKeySchema = z.strictObject({
  id: idSchema.describe('Names the key where it is refused; no secret.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits: the SHA-256 digest of the key, not the key')
    .toLowerCase()
    .describe('Hex digest of the key: printf %s "$KEY" | sha256sum.'),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).describe('What the key may be used for.'),
});

/** Who may call the service. Without these options everybody may. */
export const authOptionsSchema = z.strictObject({
  apiKeys: z
    .array(apiKeySchema)
    .min(1)
    .max(MAX_API_KEYS)
    .superRefine((keys, context) => {
      for (const name of ['id', 'sha256'] as const) {
        const seen = new Set<string>();
        for (const [index, { [name]: value }] of keys.entries()) {
          if (seen.has(value))
            context.addIssue({ code: 'custom', path: [index, name], message: 'another key has it already' });
          seen.add(value);
        }
      }
    }),
  protectMetrics: z
    .boolean()
    .default(false)
    .describe('Whether /metrics asks for a key with the scope `read`.'),
});

export type ApiKey = z.output<typeof apiKeySchema>;
export type AuthOptions = z.output<typeof authOptionsSchema>;
