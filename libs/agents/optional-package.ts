import { AgentError } from './agents.errors.js';

/** `ERR_MODULE_NOT_FOUND` is what `import` says, `MODULE_NOT_FOUND` what `require` says. */
const NOT_FOUND: ReadonlySet<unknown> = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/**
 * A package that only one kind of agent needs, loaded when the first such agent is made.
 * @throws {AgentError} `AGENT_PACKAGE_MISSING`, saying what to install; what else the package throws.
 */
export async function importPackage<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Another package may be missing that this one needs: that is not ours to explain.
    if (!NOT_FOUND.has(code) || !message.includes(`'${name}'`)) throw error;
    throw new AgentError('AGENT_PACKAGE_MISSING', `there is no package ${name}: npm install ${name}`, {
      details: { package: name },
      cause: error,
    });
  }
}
