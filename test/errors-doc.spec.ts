import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './helpers/service.js';

const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;
const FACTS = 'src/problems/facts';

/** Where each code of the sources comes from: `libs/queue/ports/queue.errors.ts:19`. */
type Codes = Map<string, string>;

/**
 * Every code that the sources can give an error: those of the classes below `OrchestraError`, the fallbacks of
 * `toErrorRecord`, and the records that are written out.
 */
function codesOfSources(): Codes {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, 'tsconfig.build.json'),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => {},
    },
  )!;
  const program = ts.createProgram(config.fileNames, { ...config.options, noEmit: true, incremental: false });
  const checker = program.getTypeChecker();
  const codes: Codes = new Map();

  const note = (code: string, node: ts.Node): void => {
    const file = node.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    if (CODE.test(code) && !codes.has(code))
      codes.set(code, `${file.fileName.slice(ROOT.length + 1)}:${line + 1}`);
  };
  const noteLiterals = (type: ts.Type, node: ts.Node): void => {
    for (const part of type.isUnion() ? type.types : [type])
      if (part.isStringLiteral()) note(part.value, node);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node) || ts.isClassExpression(node)) {
      for (const clause of node.heritageClauses ?? [])
        for (const { expression, typeArguments = [] } of clause.types)
          if (expression.getText() === 'OrchestraError')
            for (const argument of typeArguments) noteLiterals(checker.getTypeFromTypeNode(argument), node);
    } else if (ts.isCallExpression(node) && node.expression.getText() === 'toErrorRecord') {
      const fallback = node.arguments[1];
      if (fallback !== undefined) noteLiterals(checker.getTypeAtLocation(fallback), node);
    } else if (ts.isObjectLiteralExpression(node)) {
      const names = node.properties.map(({ name }) => name?.getText());
      const code = node.properties.find(({ name }) => name?.getText() === 'code');
      if (names.includes('retryable') && code !== undefined && ts.isPropertyAssignment(code))
        noteLiterals(checker.getTypeAtLocation(code.initializer), code);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles())
    if (!file.isDeclarationFile && !file.fileName.includes('node_modules')) visit(file);
  // The codes of problems that a status alone tells, or that are made for the answer.
  const problems = program.getSourceFile(join(ROOT, 'src/problems/problems.ts'))!;
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(problems)!))
    if (symbol.name === 'ProblemCode')
      noteLiterals(checker.getDeclaredTypeOfSymbol(symbol), symbol.declarations![0]!);
  return codes;
}

describe('docs/errors.md', () => {
  const documented = new Set(
    [...readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(
      ([, code]) => code!,
    ),
  );
  let codes: Codes;
  beforeAll(() => {
    codes = codesOfSources();
  });

  it('is compared with codes of each kind', () => {
    for (const code of ['QUEUE_FULL', 'LEASE_LOST', 'AGENT_CREATE_FAILED', 'CANCELLED', 'EXPRESSION_FAILED'])
      expect([...codes.keys()]).toContain(code);
  });

  it('has every code of the sources', () => {
    const missing = [...codes].filter(([code]) => !documented.has(code));
    expect(
      missing.map(
        ([code, where]) =>
          `${code} (${where}): add it to RECORDED in ${FACTS} if an execution, a step or an agent can have it as its ` +
          'error, to ANSWERED if it is a ProblemCode, else to THROWN; then npm run build && npm run docs',
      ),
    ).toEqual([]);
  });

  it('has no code that the sources do not have', () => {
    const stale = [...documented].filter((code) => !codes.has(code));
    expect(
      stale.map((code) => `${code}: remove it from ${FACTS}; then npm run build && npm run docs`),
    ).toEqual([]);
  });
});
