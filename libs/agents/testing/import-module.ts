import { constants, runInThisContext } from 'node:vm';
import type { ImportModule } from '../function/load-module.js';

/** Node's own `import()`: the one in our sources is a `require` by the time Jest runs them. */
export const importModule = runInThisContext('(url) => import(url)', {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
}) as ImportModule;
