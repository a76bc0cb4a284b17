import { MetadataScanner } from '@nestjs/core';
import { ACCESS } from '../auth/scope.decorators.js';
import { PatternsController } from './patterns.controller.js';

describe('the message patterns', () => {
  it('declare each who may send them', () => {
    const prototype = PatternsController.prototype as unknown as Record<string, object>;
    const access = new MetadataScanner()
      .getAllMethodNames(prototype)
      .map((name): [string, unknown] => [name, Reflect.getMetadata(ACCESS, prototype[name]!)]);
    expect(Object.fromEntries(access)).toEqual({ submit: 'execute', get: 'read', cancel: 'execute' });
  });
});
