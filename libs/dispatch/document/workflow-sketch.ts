import { isPlainObject, jsonProblems, type JsonValue, type Work } from '#core';
import { expressionSource } from '../expressions/template.js';
import type { Workflow } from './workflow.js';

/** As much of a step as makes sense, however wrong the rest of it is. */
export interface StepSketch {
  id?: string;
  capability?: string;
  dependsOn: readonly { id: string; place: number }[];
  input?: JsonValue;
  when?: string;
}

/** What the meaning of a document is checked on, so that one bad step hides no problem of the others. */
export interface WorkflowSketch {
  steps: readonly StepSketch[];
  output?: JsonValue;
}

export function* sketchOf({ steps, output }: Workflow): Work<WorkflowSketch> {
  const sketches: StepSketch[] = [];
  for (const step of steps) {
    sketches.push({ ...step, dependsOn: dependencies(step.dependsOn) });
    yield;
  }
  return { steps: sketches, output };
}

/** @param steps the document's first steps, already cut to a bearable number. */
export function* sketchOfInvalid(raw: unknown, steps: readonly unknown[]): Work<WorkflowSketch> {
  const sketches: StepSketch[] = [];
  for (const step of steps) {
    sketches.push(stepSketch(step));
    yield;
  }
  return { steps: sketches, output: isPlainObject(raw) ? json(raw.output) : undefined };
}

function stepSketch(raw: unknown): StepSketch {
  if (!isPlainObject(raw)) return { dependsOn: [] };
  const { id, capability, dependsOn, input, when } = raw;
  return {
    id: text(id),
    capability: text(capability),
    dependsOn: Array.isArray(dependsOn) ? dependencies(dependsOn) : [],
    input: json(input),
    when: typeof when === 'string' && expressionSource(when) !== undefined ? when : undefined,
  };
}

/** Without those that are no ids, and without the repeats, which the schema reports. */
function dependencies(ids: readonly unknown[]): { id: string; place: number }[] {
  const places = new Map<string, number>();
  for (const [place, id] of ids.entries())
    if (typeof id === 'string' && !places.has(id)) places.set(id, place);
  return Array.from(places, ([id, place]) => ({ id, place }));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function json(value: unknown): JsonValue | undefined {
  return value !== undefined && jsonProblems(value).length === 0 ? (value as JsonValue) : undefined;
}
