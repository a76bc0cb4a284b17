import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { z } from 'zod';
import type { ProblemCode } from '../problems/problems.js';

/** The parts of the service, in the order in which the document shows them. */
export const TAGS = {
  executions: 'Runs of workflows: submit, read, list, cancel, run again.',
  schedules: 'Runs at times to come: once, or again and again.',
  events: 'What happens, as it happens.',
  agents: 'Agents and their pools, as they are at the moment.',
  health: 'Probes for load balancers and orchestrators, and what they found in detail.',
  service: 'Metrics, what was built, and this description.',
} as const;

/** What a request may hold, each part by the schema that validates it: what is given to `parseRequest`. */
interface RequestSchemas {
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  /** Optional in the document if the schema is. */
  body?: z.ZodType;
}

/** An answer that is no problem; several of one status differ in their media types. */
export interface ResponseSpec {
  status: number;
  description: string;
  /** Default `application/json`; `text/event-stream` for a stream of events. */
  type?: string;
  /** None for an answer without a body, or of bytes. */
  schema?: z.ZodType;
  /** Of a stream: one event of it, as OpenAPI 3.2 describes it by `itemSchema`; here it is the extension `x-itemSchema`. */
  item?: z.ZodType;
  /** Headers of the answer; one whose schema is optional may be absent. */
  headers?: Record<string, z.ZodType>;
}

/** A request that the service takes as it stands, and what it answers. */
export interface ExampleSpec {
  summary: string;
  params?: Record<string, string>;
  query?: Record<string, string | number>;
  headers?: Record<string, string>;
  body?: unknown;
  answer: { status: number; type?: string; body?: unknown };
}

/** What the document says of a route beyond its path, its scope and the problems that follow from both. */
export interface OperationSpec {
  /** The `operationId`. */
  id: string;
  tag: keyof typeof TAGS;
  summary: string;
  description?: string;
  request?: RequestSchemas;
  responses: readonly ResponseSpec[];
  /** The codes of its own; those that every such route has are added: see `problemCodes`. */
  errors?: readonly ProblemCode[];
  /** By name. */
  examples: Readonly<Record<string, ExampleSpec>>;
}

export const OPERATION = Symbol('orchestra.operation');

/** Describes a route, or the only route of a controller, in the OpenAPI document. */
export const Operation = (operation: OperationSpec): CustomDecorator<symbol> =>
  SetMetadata<symbol, OperationSpec>(OPERATION, operation);
