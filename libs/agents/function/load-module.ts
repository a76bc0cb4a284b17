import { pathToFileURL } from 'node:url';
import { messageOf } from '#core/plain';
import { AgentError } from '../agents.errors.js';
import { parseModuleExports, type AgentModule } from './module-exports.js';

/** Loads the ES module at a `file:` URL; what `import()` does. */
export type ImportModule = (url: string) => Promise<unknown>;

/**
 * The module of an agent, by its absolute path or `file:` URL.
 * @throws {AgentError} `AGENT_MODULE_INVALID`.
 */
export async function loadModule(module: string, importModule: ImportModule): Promise<AgentModule> {
  return parseModuleExports(await load(module, importModule), module);
}

async function load(module: string, importModule: ImportModule): Promise<unknown> {
  try {
    return await importModule(module.startsWith('file:') ? module : pathToFileURL(module).href);
  } catch (error) {
    throw new AgentError('AGENT_MODULE_INVALID', `module ${module} cannot be loaded: ${messageOf(error)}`, {
      details: { module },
      cause: error,
    });
  }
}
