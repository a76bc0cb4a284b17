import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { AppModule } from '../app.module.js';
import { configSchema } from '../config/config.schema.js';
import { routesOf, type Route } from './routes.js';

describe('the routes of the service', () => {
  let routes: Route[];

  beforeAll(async () => {
    const auth = { apiKeys: [{ id: 'ci', sha256: '0'.repeat(64), scopes: ['read'] }] };
    const info = { name: 'orchestra', version: '0', node: '0', driver: 'memory', startedAt: '' };
    const module = await Test.createTestingModule({
      imports: [AppModule.forRoot(configSchema.parse({ driver: 'memory', auth }), info), DiscoveryModule],
    }).compile();
    routes = routesOf(module.get(DiscoveryService));
  });

  it('are found, with their methods and paths', () => {
    expect(routes.length).toBeGreaterThan(15);
    expect(routes).toContainEqual(
      expect.objectContaining({
        name: 'ExecutionsController.cancel',
        method: 'post',
        path: '/v1/executions/:id/cancel',
        access: 'execute',
      }),
    );
    expect(routes).toContainEqual(
      expect.objectContaining({ name: 'ExecutionsController.get', method: 'get', access: 'read' }),
    );
  });

  it('declare each who may call them', () => {
    expect(routes.filter(({ access }) => access === undefined).map(({ name }) => name)).toEqual([]);
  });

  it('say each by @Operation what they do', () => {
    expect(routes.filter(({ operation }) => operation === undefined).map(({ name }) => name)).toEqual([]);
  });
});
