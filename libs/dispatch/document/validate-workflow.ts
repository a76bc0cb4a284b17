import { z } from 'zod';
import {
  formatPath,
  jsonProblems,
  jsonSnapshot,
  parseShape,
  runAtOnce,
  type JsonValue,
  type Problem,
  type Work,
} from '#core';
import { compileTemplate, type Template, type TemplateObserver } from '../expressions/template.js';
import type { CompiledWorkflow } from './compiled-workflow.js';
import { planSteps } from './step-plan.js';
import { ProblemList } from './problem-list.js';
import { buildDependencyGraph } from './dependency-graph.js';
import { checkReferences } from './step-references.js';
import type { StepTemplates, Templates } from './templates.js';
import { checkCapabilities, checkStepCount, type WorkflowChecks } from './workflow-checks.js';
import { sketchOf, sketchOfInvalid, type WorkflowSketch } from './workflow-sketch.js';
import { stepSchema, workflowSchema, type Step, type Workflow } from './workflow.js';

/** Expressions of one document: so many, and so many more a step. Compiling one takes about 0.1 ms. */
export const MAX_EXPRESSIONS = 1_000;
export const MAX_EXPRESSIONS_PER_STEP = 5;

/**
 * Parts of all expressions of one document together, see `Expression.parts`: so many, and so many more a step. A part
 * takes about 300 bytes for as long as the workflow is in memory; most expressions have ten.
 */
const MAX_EXPRESSION_PARTS = 100_000;
const MAX_EXPRESSION_PARTS_PER_STEP = 100;

/** Steps are parsed one by one: zod cannot hand on the issues of a hundred thousand at once. */
const headerSchema = workflowSchema.extend({
  steps: z.array(z.unknown()).min(1, 'must hold at least one step'),
});

/**
 * Checks a workflow document and compiles it: O(steps + dependencies + text), whatever it holds.
 *
 * @throws {ValidationError} with every problem (a hundred listed, the rest counted), of shape and of meaning alike.
 *   Of a document with more than `maxSteps` steps only that and the shape of the first `maxSteps` are told.
 */
export function validateWorkflow(raw: unknown, checks: WorkflowChecks = {}): CompiledWorkflow {
  return runAtOnce(workflowValidation(raw, checks));
}

/** The same as work that may be interrupted between any two steps and any two expressions. */
export function* workflowValidation(raw: unknown, checks: WorkflowChecks): Work<CompiledWorkflow> {
  const problems = new ProblemList(checks.prefix ?? []);
  const rawSteps = stepsOf(raw);
  checkStepCount(rawSteps.length, checks, problems);
  const isCut = !problems.isEmpty;
  const steps = isCut ? rawSteps.slice(0, checks.maxSteps) : rawSteps;
  const document = yield* parse(raw, steps, checks.prefix ?? [], problems);
  if (isCut) problems.throwIfAny('workflow');

  const sketch = yield* document === undefined ? sketchOfInvalid(raw, steps) : sketchOf(document);
  checkCapabilities(sketch.steps, checks, problems);
  const graph = yield* buildDependencyGraph(sketch.steps, problems);
  const { templates, parts } = yield* compileTemplates(sketch, checks.prefix ?? [], problems);
  yield* checkReferences(templates, graph, problems);
  problems.throwIfAny('workflow');
  if (document === undefined || graph.order === undefined)
    throw new Error('an invalid document has no problem');
  return {
    document,
    steps: yield* planSteps(document.steps, templates.steps, graph.dependsOn, graph.order),
    output: templates.output,
    parts,
  };
}

function stepsOf(raw: unknown): readonly unknown[] {
  const steps: unknown = typeof raw === 'object' && raw !== null && 'steps' in raw ? raw.steps : undefined;
  return Array.isArray(steps) ? Array.from<unknown>(steps) : [];
}

function* parse(
  raw: unknown,
  rawSteps: readonly unknown[],
  prefix: readonly PropertyKey[],
  problems: ProblemList,
): Work<Workflow | undefined> {
  const report = (found: readonly Problem[]): void => {
    for (const problem of found) problems.addProblem(problem);
  };
  const header = parseShape(headerSchema, raw, prefix);
  if ('problems' in header) report(header.problems);
  const steps: Step[] = [];
  for (const [place, rawStep] of rawSteps.entries()) {
    const step = parseShape(stepSchema, rawStep, [...prefix, 'steps', place]);
    if ('problems' in step) report(step.problems);
    else if (problems.isEmpty) steps.push(snapshotOf(step.data));
    yield;
  }
  if ('problems' in header || !problems.isEmpty) return undefined;
  const document = { ...snapshotOf({ ...header.data, steps: [] }), steps };
  const snapshot = jsonSnapshot(document);
  // Each part may be as deep as JSON may be here; the whole of it, as it is stored, may not be deeper.
  if (snapshot === undefined) report(jsonProblems(document, prefix));
  return snapshot as Workflow | undefined;
}

/** What JSON cannot tell apart (a property that is undefined, -0) is gone from the copy; so is any tie to the caller. */
function snapshotOf<T>(value: T): T {
  return jsonSnapshot(JSON.parse(JSON.stringify(value))) as T;
}

function* compileTemplates(
  { steps, output }: WorkflowSketch,
  prefix: readonly PropertyKey[],
  problems: ProblemList,
): Work<{ templates: Templates; parts: number }> {
  const maxCount = MAX_EXPRESSIONS + MAX_EXPRESSIONS_PER_STEP * steps.length;
  const maxParts = MAX_EXPRESSION_PARTS + MAX_EXPRESSION_PARTS_PER_STEP * steps.length;
  let count = 0;
  let parts = 0;
  const observer: TemplateObserver = {
    report: (problem) => problems.addProblem(problem),
    admit: (path) => {
      if (problems.isFull || parts > maxParts) return false;
      if (++count === maxCount + 1) {
        problems.addProblem({ path: formatPath(path), message: `more than ${maxCount} expressions` });
      }
      return count <= maxCount;
    },
    admitted: (path, expression) => {
      parts += expression.parts;
      if (parts > maxParts) {
        problems.addProblem({
          path: formatPath(path),
          message: `expressions of more than ${maxParts} parts`,
        });
      }
    },
  };
  function* compile(value: JsonValue | undefined, ...path: PropertyKey[]): Work<Template | undefined> {
    return value === undefined ? undefined : yield* compileTemplate(value, [...prefix, ...path], observer);
  }
  const compiled: StepTemplates[] = [];
  for (const [place, { input, when }] of steps.entries()) {
    compiled.push({
      input: yield* compile(input, 'steps', place, 'input'),
      when: yield* compile(when, 'steps', place, 'when'),
    });
    yield;
  }
  return { templates: { steps: compiled, output: yield* compile(output, 'output') }, parts };
}
