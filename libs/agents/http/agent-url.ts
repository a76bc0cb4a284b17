import { z } from 'zod';

/**
 * The address of an agent. Messages never quote it: a refused one may hold a password.
 * Secrets belong into `headers`, which no error and no log shows.
 */
export const agentUrlSchema = z
  .string()
  .transform((text, context) => {
    if (URL.canParse(text)) return new URL(text);
    context.addIssue({ code: 'custom', message: 'must be a URL' });
    return z.NEVER;
  })
  .refine(({ protocol }) => protocol === 'http:' || protocol === 'https:', 'must be an http: or https: URL')
  .refine(
    ({ username, password }) => username === '' && password === '',
    'must not hold a user name or password',
  );
