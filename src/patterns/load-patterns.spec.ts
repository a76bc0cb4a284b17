import { ValidationError } from '#core';
import { loadPatterns } from './load-patterns.js';
import { patternsOptionsSchema } from './patterns.options.js';

describe('loadPatterns', () => {
  afterEach(() => jest.resetModules());

  it('says which package is missing', async () => {
    jest.doMock('@nestjs/microservices', () => {
      throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
    });
    const loading = loadPatterns(patternsOptionsSchema.parse({ transport: 'tcp', port: 0 }));
    await expect(loading).rejects.toThrow(ValidationError);
    await expect(loading).rejects.toThrow(/microservice: .*npm install @nestjs\/microservices$/);
  });
});
