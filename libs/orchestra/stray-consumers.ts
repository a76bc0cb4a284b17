import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { agentOptionsOf } from '#agent-pool';
import type { Problem } from '#core';
import { EventsModule } from '#events';

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never;
type Wrapper = NestModule extends { providers: Map<unknown, infer W> } ? W : never;

/**
 * Those whose module imports no orchestra, in an application of several: what they inject, Nest took from the one that
 * happened to be first, and agents belong to it by the same chance. One problem each.
 */
export function strayConsumers(modules: readonly NestModule[], orchestra: Type): Problem[] {
  const trees = modules.filter(({ metatype }) => metatype === orchestra).map((root) => treeOf(root));
  return modules.flatMap((module) => {
    if (trees.some((tree) => tree.has(module))) return [];
    const own = trees.filter((tree) => reaches(module, tree));
    const isStray = ({ host }: Wrapper): boolean =>
      host !== undefined &&
      (host.metatype === EventsModule || trees.some((tree) => tree.has(host) && !own.includes(tree)));
    const wrappers = [module.providers, module.controllers, module.injectables].flatMap((map) => [
      ...map.values(),
    ]);
    return wrappers.flatMap((wrapper): Problem[] => {
      const path = `${module.name}.${String(wrapper.name)}`;
      if (own.length === 0 && agentOptionsOf(wrapper) !== undefined) {
        return [
          { path, message: 'is an @Agent() of none of them: its module has to import the one it is for' },
        ];
      }
      const stray = wrapper.isAlias ? undefined : dependenciesOf(wrapper).find(isStray);
      if (stray === undefined) return [];
      const message = `injects ${String(stray.name)} of one that its module does not import`;
      return [{ path, message }];
    });
  });
}

/** An orchestra and the modules that are seen by whoever imports it. Of several of one class the first is its own. */
function treeOf(root: NestModule): ReadonlySet<NestModule> {
  const tree = new Set([root]);
  for (const module of tree) {
    const classes = new Set<unknown>();
    for (const imported of module.imports) {
      if (!module.exports.has(imported.metatype) || classes.has(imported.metatype)) continue;
      classes.add(imported.metatype);
      tree.add(imported);
    }
  }
  return tree;
}

/** Whether a module has imported a part of the tree, itself or through what its imports export; what is global all have. */
function reaches(module: NestModule, tree: ReadonlySet<NestModule>): boolean {
  const visible = new Set(module.imports);
  for (const imported of visible) {
    if (tree.has(imported)) {
      if (!imported.isGlobal) return true;
      continue;
    }
    for (const further of imported.imports) if (imported.exports.has(further.metatype)) visible.add(further);
  }
  return false;
}

/** What Nest's types leave out: nothing at all before the first dependency, and holes for values given by hand. */
interface Dependencies {
  getCtorMetadata(): (Wrapper | undefined)[] | undefined;
  getPropertiesMetadata(): { wrapper: Wrapper }[] | undefined;
}

function dependenciesOf(wrapper: Dependencies): Wrapper[] {
  const properties = wrapper.getPropertiesMetadata() ?? [];
  return [...(wrapper.getCtorMetadata() ?? []), ...properties.map((property) => property.wrapper)].filter(
    (dependency) => dependency !== undefined,
  );
}
