import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, type DiscoveryService } from '@nestjs/core';
import { ACCESS, type Access } from '../auth/scope.decorators.js';
import { OPERATION, type OperationSpec } from './operation.js';

/** A route of the application and what its decorators say of it. */
export interface Route {
  /** `ExecutionsController.submit`. */
  name: string;
  /** In lower case. */
  method: string;
  /** As Nest has it: `/v1/executions/:id`. */
  path: string;
  access: Access | undefined;
  operation: OperationSpec | undefined;
}

/** Every route of every controller, in the order of declaration. */
export function routesOf(discovery: DiscoveryService): Route[] {
  const scanner = new MetadataScanner();
  return discovery.getControllers().flatMap(({ metatype }) => {
    const controller = metatype as new () => object;
    const prototype = controller.prototype as Record<string, object>;
    return scanner.getAllMethodNames(prototype).flatMap((name): Route[] => {
      const handler = prototype[name];
      if (handler === undefined || !Reflect.hasMetadata(PATH_METADATA, handler)) return [];
      const read = (key: string | symbol): unknown => Reflect.getMetadata(key, handler) as unknown;
      const inherit = (key: symbol): unknown =>
        read(key) ?? (Reflect.getMetadata(key, controller) as unknown);
      return [
        {
          name: `${controller.name}.${name}`,
          method: RequestMethod[read(METHOD_METADATA) as RequestMethod].toLowerCase(),
          path: joinPath(Reflect.getMetadata(PATH_METADATA, controller), read(PATH_METADATA)),
          access: inherit(ACCESS) as Access | undefined,
          operation: inherit(OPERATION) as OperationSpec | undefined,
        },
      ];
    });
  });
}

function joinPath(...parts: unknown[]): string {
  const segments = parts.flatMap((part) => String(part).split('/'));
  return `/${segments.filter((segment) => segment !== '').join('/')}`;
}
