import { parseOptions, type ValidationError } from '#core';
import { authOptionsSchema } from './auth.options.js';

const key = { id: 'ci', sha256: 'ab'.repeat(32), scopes: ['read'] };

const problemsOf = (input: unknown): string[] => {
  try {
    parseOptions(authOptionsSchema, input, 'auth');
    return [];
  } catch (error) {
    return (error as ValidationError).problems.map(({ path }) => path);
  }
};

describe('authOptionsSchema', () => {
  it('takes keys by their digests, in whatever case', () => {
    const options = parseOptions(
      authOptionsSchema,
      { apiKeys: [{ ...key, sha256: 'AB'.repeat(32) }] },
      'auth',
    );
    expect(options).toEqual({ apiKeys: [key], protectMetrics: false });
  });

  it.each([
    [{}, ['apiKeys']],
    [{ apiKeys: [] }, ['apiKeys']],
    [{ apiKeys: [{ ...key, sha256: 'secret-key' }] }, ['apiKeys[0].sha256']],
    [{ apiKeys: [{ ...key, scopes: [] }] }, ['apiKeys[0].scopes']],
    [{ apiKeys: [{ ...key, scopes: ['root'] }] }, ['apiKeys[0].scopes[0]']],
    [{ apiKeys: [{ ...key, key: 'secret-key' }] }, ['apiKeys[0].key']],
    [{ apiKeys: [key, { ...key, sha256: 'cd'.repeat(32) }] }, ['apiKeys[1].id']],
    [{ apiKeys: [key, { ...key, id: 'other' }] }, ['apiKeys[1].sha256']],
  ])('refuses %j', (input, paths) => {
    expect(problemsOf(input)).toEqual(paths);
  });

  it('does not repeat a key that was taken for its digest', () => {
    expect(() =>
      parseOptions(authOptionsSchema, { apiKeys: [{ ...key, sha256: 'my-secret' }] }, 'auth'),
    ).not.toThrow(/my-secret/);
  });
});
