import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { run } from './npm.mjs';

/** Compiles a file that imports every specifier, as TypeScript users do. */
export function checkTypes(cwd, specifiers) {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    noEmit: true,
    types: [],
    skipLibCheck: true,
  };
  writeFileSync(path.join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  const uses = specifiers.map(
    (name, i) => `import * as lib${i} from '${name}';\nexport const n${i} = lib${i};\n`,
  );
  writeFileSync(path.join(cwd, 'use.ts'), uses.join(''));
  run(process.execPath, [createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', '.'], cwd);
}
