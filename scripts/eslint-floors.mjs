/**
 * ESLint rule: who may import whom. Libs stand on floors and import, as `#lib`, only from floors below
 * their own; nobody reaches into another lib's folder or into the build. `#core/plain` is the second face of core, for
 * worker threads, `#redis/plain` that of redis, for whoever has no client of it installed.
 */
import path from 'node:path';

const owner = (file) => {
  const [top, lib] = file.split(path.sep);
  return top === 'libs' ? { top, lib } : { top };
};

/** @type {import('eslint').Rule.RuleModule} */
export const floorsRule = {
  meta: {
    type: 'problem',
    docs: { description: 'Imports only go down the floors of the house, through the public face of a lib' },
    schema: [
      {
        type: 'object',
        properties: {
          floors: { type: 'array', items: { type: 'array', items: { type: 'string' } } },
        },
        required: ['floors'],
        additionalProperties: false,
      },
    ],
    messages: {
      up: "'{{lib}}' (floor {{floor}}) must not import '#{{target}}' (floor {{targetFloor}}): only from floors below its own.",
      self: "Inside '{{lib}}' import its files relatively, not through '#{{lib}}'.",
      unknown: "'{{lib}}' has no floor: add it to the table in eslint.config.mjs.",
      inside: "Import '#{{target}}', not files inside libs/{{target}}.",
      src: "Libs must not import from '{{top}}/'; a spec may from 'test/'.",
      build: 'Import the sources, never the build.',
      packageName: "Libs and src import '#lib', not the package by its name.",
    },
  },
  create(context) {
    const floorOf = new Map(
      context.options[0].floors.flatMap((libs, floor) => libs.map((lib) => [lib, floor])),
    );
    const file = path.relative(context.cwd, context.filename);
    const self = owner(file);
    const isSpec = file.endsWith('.spec.ts');

    const checkLib = (node, target) => {
      const report = (messageId, data) => context.report({ node, messageId, data });
      if (!floorOf.has(target)) return report('unknown', { lib: target });
      if (self.lib === undefined) return undefined;
      const floor = floorOf.get(self.lib);
      const targetFloor = floorOf.get(target);
      if (floor === undefined) return report('unknown', { lib: self.lib });
      if (self.lib === target) return isSpec ? undefined : report('self', { lib: target });
      if (targetFloor >= floor) return report('up', { lib: self.lib, floor, target, targetFloor });
      return undefined;
    };

    const checkRelative = (node, specifier) => {
      const to = owner(path.relative(context.cwd, path.resolve(path.dirname(context.filename), specifier)));
      if (to.top === 'dist') context.report({ node, messageId: 'build' });
      else if (to.lib !== undefined && to.lib !== self.lib)
        context.report({ node, messageId: 'inside', data: { target: to.lib } });
      else if (
        self.lib !== undefined &&
        to.lib === undefined &&
        to.top !== 'package.json' &&
        !(isSpec && to.top === 'test')
      )
        context.report({ node, messageId: 'src', data: { top: to.top } });
    };

    const check = (node) => {
      const specifier = node?.value ?? node?.literal?.value;
      if (typeof specifier !== 'string') return;
      if (specifier.startsWith('#')) checkLib(node, specifier.slice(1).replace(/\/plain$/, ''));
      else if (specifier.startsWith('.')) checkRelative(node, specifier);
      else if (/^nest-orchestra($|\/)/.test(specifier) && (self.top === 'libs' || self.top === 'src'))
        context.report({ node, messageId: 'packageName' });
    };

    return {
      ImportDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument),
    };
  },
};
