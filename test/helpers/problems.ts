import type { Answer } from './client.js';

/** Every refusal is a problem as RFC 9457 has it, without a stack. */
export function expectProblem({ status, headers, json, text }: Answer, expected: number, code: string): void {
  expect({ status, code: json?.code, text }).toEqual({ status: expected, code, text });
  expect(headers['content-type']).toBe('application/problem+json');
  expect(json).toMatchObject({
    status,
    title: expect.any(String),
    detail: expect.any(String),
    type: expect.any(String),
  });
  expect(text).not.toMatch(/\bat .*\.js:\d+|node_modules|file:\/\//);
}

/** Where the errors are that a refusal lists. */
export function pathsOf({ json }: Answer): string[] {
  return (json.errors as { path: string }[]).map(({ path }) => path);
}
