/** Boots the programs named as arguments, one after another, with what `import()` gives them. */
import { bootAll } from './boot-all.mjs';

await bootAll('import', (name) => import(name), process.argv.slice(2));
