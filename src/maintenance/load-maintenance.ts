import type { Type } from '@nestjs/common';
import { loadPeer } from '#core';

/**
 * Loads what looks after a durable driver, and `@nestjs/schedule` with it: nobody else needs that package.
 * @throws {MissingPeerError}
 */
export async function loadMaintenance(): Promise<Type> {
  const { MaintenanceModule } = await loadPeer('@nestjs/schedule', () => import('./maintenance.module.js'));
  return MaintenanceModule;
}
