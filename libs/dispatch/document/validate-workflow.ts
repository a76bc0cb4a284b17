import { z } from 'zod';
import { formatPath, parseShape, type JsonValue, type Problem } from '#core';
import { deepFreeze } from '../expressions/json-copy.js';
import { compileTemplate, type Template, type TemplateObserver } from '../expressions/template.js';
import type { CompiledWorkflow } from './compiled-workflow.js';
import { planSteps } from './step-plan.js';
import { ProblemList } from './problem-list.js';
import { buildDependencyGraph } from './dependency-graph.js';
import { checkReferences } from './step-references.js';
import type { Templates } from './templates.js';
import { checkCapabilities, checkStepCount, type WorkflowChecks } from './workflow-checks.js';
import { sketchOf, sketchOfInvalid, type WorkflowSketch } from './workflow-sketch.js';
import { stepSchema, workflowSchema, type Step, type Workflow } from './workflow.js';

/**
 * Expressions of one document: so many, and so many more a step. Compiling one takes about 0.1 ms, and the door is shut
 * meanwhile.
 */
export const MAX_EXPRESSIONS = 1_000;
export const MAX_EXPRESSIONS_PER_STEP = 5;

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
  const problems = new ProblemList(checks.prefix ?? []);
  const rawSteps = stepsOf(raw);
  checkStepCount(rawSteps.length, checks, problems);
  const isCut = !problems.isEmpty;
  const steps = isCut ? rawSteps.slice(0, checks.maxSteps) : rawSteps;
  const parsed = parse(raw, steps, checks.prefix ?? [], problems);
  // What JSON cannot tell apart (a property that is undefined, -0) is gone from the copy; so is any tie to the caller.
  const document = parsed && deepFreeze(JSON.parse(JSON.stringify(parsed)) as Workflow);
  if (isCut) problems.throwIfAny('workflow');

  const sketch = document === undefined ? sketchOfInvalid(raw, steps) : sketchOf(document);
  checkCapabilities(sketch.steps, checks, problems);
  const graph = buildDependencyGraph(sketch.steps, problems);
  const templates = compileTemplates(sketch, checks.prefix ?? [], problems);
  checkReferences(templates, graph, problems);
  problems.throwIfAny('workflow');
  if (document === undefined || graph.order === undefined)
    throw new Error('an invalid document has no problem');
  return {
    document,
    steps: planSteps(document.steps, templates.steps, graph.dependsOn, graph.order),
    output: templates.output,
  };
}

function stepsOf(raw: unknown): readonly unknown[] {
  const steps: unknown = typeof raw === 'object' && raw !== null && 'steps' in raw ? raw.steps : undefined;
  return Array.isArray(steps) ? Array.from<unknown>(steps) : [];
}

function parse(
  raw: unknown,
  rawSteps: readonly unknown[],
  prefix: readonly PropertyKey[],
  problems: ProblemList,
): Workflow | undefined {
  const report = (found: readonly Problem[]): void => {
    for (const problem of found) problems.addProblem(problem);
  };
  const header = parseShape(headerSchema, raw, prefix);
  if ('problems' in header) report(header.problems);
  const steps: Step[] = [];
  for (const [place, rawStep] of rawSteps.entries()) {
    const step = parseShape(stepSchema, rawStep, [...prefix, 'steps', place]);
    if ('problems' in step) report(step.problems);
    else steps.push(step.data);
  }
  return 'data' in header && problems.isEmpty ? { ...header.data, steps } : undefined;
}

function compileTemplates(
  { steps, output }: WorkflowSketch,
  prefix: readonly PropertyKey[],
  problems: ProblemList,
): Templates {
  const maxCount = MAX_EXPRESSIONS + MAX_EXPRESSIONS_PER_STEP * steps.length;
  let count = 0;
  const observer: TemplateObserver = {
    report: (problem) => problems.addProblem(problem),
    admit: (path) => {
      if (problems.isFull) return false;
      if (++count === maxCount + 1) {
        problems.addProblem({ path: formatPath(path), message: `more than ${maxCount} expressions` });
      }
      return count <= maxCount;
    },
  };
  const compile = (value: JsonValue | undefined, ...path: PropertyKey[]): Template | undefined =>
    value === undefined ? undefined : compileTemplate(value, [...prefix, ...path], observer);
  return {
    steps: steps.map(({ input, when }, place) => ({
      input: compile(input, 'steps', place, 'input'),
      when: compile(when, 'steps', place, 'when'),
    })),
    output: compile(output, 'output'),
  };
}
