import type { INestApplication, Type } from '@nestjs/common';
import { Clock, MissingPeerError, ValidationError, loadPeer } from '#core';
import type { PatternServer } from './pattern-server.js';
import type { PatternsOptions } from './patterns.options.js';

export interface Patterns {
  /** To be a controller of the application. */
  controller: Type;
  /** To be called before the application listens. */
  connect(app: INestApplication): PatternServer;
}

/**
 * Loads what serves message patterns, and `@nestjs/microservices` with it: nobody else needs that package.
 * @throws {ValidationError} when it is not installed.
 */
export async function loadPatterns(options: PatternsOptions): Promise<Patterns> {
  const [{ PatternServer }, { PatternsController }] = await loadPeer('@nestjs/microservices', () =>
    Promise.all([import('./pattern-server.js'), import('./patterns.controller.js')]),
  ).catch((error: unknown) => {
    throw error instanceof MissingPeerError ? missingPackage(error) : error;
  });
  return {
    controller: PatternsController,
    connect(app) {
      const server = new PatternServer(options, app.get(Clock));
      // Guards and filters of the application are HTTP's; the controller has its own.
      app.connectMicroservice({ strategy: server }, { inheritAppConfig: false });
      return server;
    },
  };
}

/** It is the configuration that asks for it. */
function missingPackage({ message }: MissingPeerError): ValidationError {
  return new ValidationError('the configuration', [{ path: 'microservice', message }]);
}
