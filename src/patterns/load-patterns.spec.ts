import { ValidationError } from '#core';
import { loadPatterns } from './load-patterns.js';
import { patternsOptionsSchema } from './patterns.options.js';

describe('loadPatterns', () => {
  afterEach(() => jest.resetModules());

  const options = patternsOptionsSchema.parse({ transport: 'tcp', port: 0 });

  /** As Node says it. */
  function withoutPackage(name: string): Error {
    const error = Object.assign(new Error(`Cannot find package '${name}' imported from /app/a.js`), {
      code: 'ERR_MODULE_NOT_FOUND',
    });
    jest.doMock('@nestjs/microservices', () => {
      throw error;
    });
    return error;
  }

  it('says which package is missing', async () => {
    withoutPackage('@nestjs/microservices');
    const loading = loadPatterns(options);
    await expect(loading).rejects.toThrow(ValidationError);
    await expect(loading).rejects.toThrow(/microservice: .*npm install @nestjs\/microservices$/);
  });

  it('does not take a package that this one lacks for it', async () => {
    const error = withoutPackage('iterare');
    await expect(loadPatterns(options)).rejects.toBe(error);
  });
});
