import 'reflect-metadata';
import { BackendUnavailableError, MissingPeerError, ValidationError } from '#core';
import { describeStart } from './banner.js';
import { loadConfig } from './config/load-config.js';
import { readManifest } from './info/manifest.js';
import type { ServiceInfo } from './info/service-info.js';
import { stackOf } from './lifecycle/stack-of.js';
import { loadService } from './load-service.js';
import type { RunningService } from './service.js';

/** Starts the service that file and environment describe, and tells on stdout where it is; or why not on stderr, and ends. */
export async function start(
  exit: (code: number) => never,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunningService> {
  try {
    const { config, file } = loadConfig(env, process.cwd());
    const info = serviceInfo(config.driver);
    const { startService } = await loadService();
    const service = await startService(config, info, exit);
    process.stdout.write(describeStart({ ...service, config, file, info }));
    return service;
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    return exit(1);
  }
}

function serviceInfo(driver: string): ServiceInfo {
  return {
    ...readManifest(),
    node: process.versions.node,
    driver,
    startedAt: new Date().toISOString(),
  };
}

/** One clear text for what people get wrong; the whole error for what we did. */
function explain(error: unknown): string {
  const isClear =
    error instanceof ValidationError ||
    error instanceof MissingPeerError ||
    error instanceof BackendUnavailableError;
  if (isClear) return error.message;
  const { code, address, port, section } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
    section?: string;
  };
  const [hostName, portName] =
    section === undefined ? ['HOST', 'PORT'] : [`${section}.host`, `${section}.port`];
  if (code === 'EADDRINUSE')
    return `${address}:${port} is in use: stop what listens there, or set another ${portName}`;
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    const where = port === undefined ? address : `${address}:${port}`;
    return `cannot listen on ${where} (${code}): set another ${hostName} or ${portName}`;
  }
  return stackOf(error);
}
