import type { DiscoveryService } from '@nestjs/core';
import { AGENT_OPTIONS } from '../ports/agent.js';

/** A provider as Nest keeps it. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * What a provider was decorated with, unchecked; undefined when it has no `@Agent()`. Its token counts too, so that a
 * test's stand-in for an agent is one.
 */
export function agentOptionsOf({ metatype, token, instance }: ProviderWrapper): unknown {
  const origins: unknown[] = [metatype, token, (instance as object | null | undefined)?.constructor];
  for (const origin of origins) {
    const options: unknown =
      typeof origin === 'function' ? Reflect.getMetadata(AGENT_OPTIONS, origin) : undefined;
    if (options !== undefined) return options;
  }
  return undefined;
}
