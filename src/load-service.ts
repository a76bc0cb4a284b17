import { MissingPeerError, loadPeer } from '#core';
import type * as service from './service.js';

/** What the service cannot do without, of the packages that are optional. */
const PACKAGES = [
  '@nestjs/platform-fastify',
  '@nestjs/terminus',
  'prom-client',
  '@willsoto/nestjs-prometheus',
] as const;

/**
 * Loads the service.
 * @throws {MissingPeerError} naming every package of it that is not installed, so that one `npm install` is enough.
 */
export async function loadService(): Promise<typeof service> {
  const missing: string[] = [];
  for (const name of PACKAGES) {
    await loadPeer(name, () => import(name) as Promise<unknown>).catch((error: unknown) => {
      if (!(error instanceof MissingPeerError)) throw error;
      missing.push(name);
    });
  }
  if (missing.length > 0) throw new MissingPeerError(missing);
  return import('./service.js');
}
