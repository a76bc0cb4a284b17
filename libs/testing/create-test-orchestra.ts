import type { ModuleMetadata, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { PoolDefinition } from '#agent-pool';
import { ManualClock, type Clock } from '#core';
import { OrchestraModule, type OrchestraOptionsInput } from '#orchestra';
import { RecordingAgent } from './recording-agent.js';
import { TestOrchestra } from './test-orchestra.js';

export interface TestOrchestraOptions<C extends Clock = ManualClock> {
  /** Doubles, pools with a `factory`, and classes with `@Agent()`. */
  agents?: readonly (RecordingAgent | PoolDefinition | Type)[];
  /** Modules of the application under test; their providers are had from `app`. */
  imports?: ModuleMetadata['imports'];
  /** As of `OrchestraModule.forRoot`. Default: its defaults, but a close waits for no execution (`gracePeriodMs: 0`). */
  options?: OrchestraOptionsInput;
  /** Default: a `ManualClock`, so that timeouts, back-off and delays pass when the test says so. */
  clock?: C;
}

/**
 * An orchestra for a test: in memory, without HTTP and metrics, every agent made or tried once. For any test runner; close it at the end.
 *
 * @example
 * ```ts
 * const greet = recordingAgent({ capability: 'greet', hang: true });
 * const orchestra = await createTestOrchestra({ agents: [greet] });
 *
 * await orchestra.dispatcher.submit(welcome, { input: { name: 'Ada' } });
 * const call = await greet.call();
 * call.release('Hello, Ada');
 * const execution = await orchestra.waitForExecution({ workflowId: 'welcome' }, 'completed');
 *
 * await orchestra.close();
 * ```
 * @throws {ValidationError} for bad options; what stops the start of a module of `imports`.
 */
export async function createTestOrchestra<C extends Clock = ManualClock>({
  agents = [],
  imports = [],
  options = {},
  clock,
}: TestOrchestraOptions<C> = {}): Promise<TestOrchestra<C>> {
  // Without one given, C is what it is by default.
  const time = clock ?? (new ManualClock() as Clock as C);
  const { dispatch, pools = [], ...rest } = options;
  const orchestra = OrchestraModule.forRoot({
    ...rest,
    dispatch: { gracePeriodMs: 0, ...dispatch },
    pools: [...pools, ...agents.filter((agent) => typeof agent !== 'function').map(poolOf)],
    metrics: false,
    clock: time,
  });
  const root = {
    module: class TestOrchestraModule {},
    imports: [orchestra, ...imports],
    providers: agents.filter((agent) => typeof agent === 'function'),
  };
  const app = await NestFactory.createApplicationContext(root, {
    abortOnError: false,
    logger: ['fatal', 'error', 'warn'],
  });
  const test = new TestOrchestra(app, time);
  await test.pool.whenProvisioned();
  return test;
}

function poolOf(agent: RecordingAgent | PoolDefinition): PoolDefinition {
  return agent instanceof RecordingAgent ? agent.pool : agent;
}
