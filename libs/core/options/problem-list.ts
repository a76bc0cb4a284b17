import type { z } from 'zod';
import type { Problem } from '../errors/validation-error.js';

/**
 * zod issues as problems. An issue that names several unknown keys becomes one problem a key; one about a union becomes
 * those of the alternative that was most likely meant.
 */
export function toProblems(
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly PropertyKey[] = [],
): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = [...prefix, ...issue.path];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({ path: formatPath([...path, key]), message: 'unknown key' }));
      case 'invalid_key':
        return issue.issues.map(({ message }) => ({
          path: formatPath(path),
          message: `bad key: ${message}`,
        }));
      case 'invalid_union': {
        const meant = closest(issue.errors);
        if (meant !== undefined) return toProblems(meant, path);
        return [{ path: formatPath(path), message: alternatives(issue) }];
      }
      default:
        return [{ path: formatPath(path), message: issue.message }];
    }
  });
}

/** Of the alternatives that the value is at least the right kind of thing for, the one with the fewest issues. */
function closest(alternatives: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const [best] = alternatives
    .filter((issues) => issues.length > 0 && !issues.some(isOfWhole))
    .sort((a, b) => a.length - b.length);
  return best;
}

function isOfWhole(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function alternatives({ errors, message }: z.core.$ZodIssueInvalidUnion): string {
  const messages = new Set(errors.flatMap((issues) => issues.map((issue) => issue.message)));
  return messages.size === 0 ? message : [...messages].join(', or: ');
}

const PLAIN_KEY = /^[^.[\]"\s\p{Cc}\p{Cs}]+$/u;

/** `['steps', 2, 'id']` → `steps[2].id`; a key that would be mistaken for more than one is quoted: `a["b.c"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (typeof part === 'symbol') text += `[${String(part)}]`;
    else if (!PLAIN_KEY.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}
