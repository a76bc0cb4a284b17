import type { INestApplication, Type } from '@nestjs/common';
import { Clock, ValidationError } from '#core';
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
  await import('@nestjs/microservices').catch((error: unknown) => {
    throw isMissing(error) ? missingPackage() : error;
  });
  const { PatternServer } = await import('./pattern-server.js');
  const { PatternsController } = await import('./patterns.controller.js');
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

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

function missingPackage(): ValidationError {
  const message = 'needs a package that is not there: npm install @nestjs/microservices';
  return new ValidationError('the configuration', [{ path: 'microservice', message }]);
}
