import { AllowedMethods } from './allowed-methods.js';

describe('AllowedMethods', () => {
  const allowed = new AllowedMethods();
  allowed.add('POST', '/v1/executions');
  allowed.add(['GET', 'HEAD'], '/v1/executions');
  allowed.add('GET', '/v1/executions/:id');

  it('gathers the methods of all routes of a path', () => {
    expect(allowed.of('/v1/executions')).toEqual(['GET', 'HEAD', 'POST']);
  });

  it.each(['/v1/executions/a', '/v1/executions/%2F', '/v1/e%78ecutions/a', '/v1/executions/%zz'])(
    'matches %s with a parameter, segments decoded where they can be',
    (path) => {
      expect(allowed.of(path)).toEqual(['GET']);
    },
  );

  it.each(['', '/', '/v1', '/v1/executions/', '/v1/executions/a/b', '/V1/executions'])(
    'knows no path %j',
    (path) => {
      expect(allowed.of(path)).toEqual([]);
    },
  );
});
