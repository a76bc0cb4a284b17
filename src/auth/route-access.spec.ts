import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { AppModule } from '../app.module.js';
import { configSchema } from '../config/config.schema.js';
import { ACCESS } from './scope.decorators.js';

describe('the routes of the service', () => {
  it('declare each who may call them', async () => {
    const auth = { apiKeys: [{ id: 'ci', sha256: '0'.repeat(64), scopes: ['read'] }] };
    const info = { name: 'orchestra', version: '0', node: '0', driver: 'memory', startedAt: '' };
    const module = await Test.createTestingModule({
      imports: [AppModule.forRoot(configSchema.parse({ driver: 'memory', auth }), info), DiscoveryModule],
    }).compile();
    const scanner = new MetadataScanner();
    const routes = module
      .get(DiscoveryService)
      .getControllers()
      .flatMap(({ metatype }) => {
        const controller = metatype as new () => object;
        const prototype = controller.prototype as Record<string, object>;
        return scanner
          .getAllMethodNames(prototype)
          .filter((name) => Reflect.hasMetadata('path', prototype[name]!))
          .map((name) => ({
            route: `${controller.name}.${name}`,
            access: Reflect.getMetadata(ACCESS, prototype[name]!) ?? Reflect.getMetadata(ACCESS, controller),
          }));
      });
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter(({ access }) => access === undefined)).toEqual([]);
    expect(routes).toContainEqual({ route: 'ExecutionsController.submit', access: 'execute' });
    expect(routes).toContainEqual({ route: 'ExecutionsController.get', access: 'read' });
  });
});
