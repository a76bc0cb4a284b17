import type { Agent } from '#agent-pool';
import { toErrorRecord, type JsonValue } from '#core';
import { ModuleAgentFactory } from '../function/module-agent.factory.js';
import { importModule } from '../testing/import-module.js';
import { makeContext, makeTask } from '../testing/make-task.js';
import { OBEDIENT_THREAD, disposeThreadAgents, makeThreadAgent } from '../testing/make-thread-agent.js';
import { MAX_PROGRESS_REPORTS, MAX_REPORT_MESSAGE_LENGTH } from './thread-protocol.js';

const { signal } = new AbortController();

/** What a step would have on record. */
async function outcomeOf(agent: Agent, input: JsonValue): Promise<unknown> {
  try {
    return { output: await agent.execute(makeTask({ input }), makeContext()) };
  } catch (error) {
    return { error: toErrorRecord(error, 'AGENT_ERROR') };
  }
}

describe('a task in a thread', () => {
  let agent: Agent;
  beforeAll(async () => (agent = await makeThreadAgent({ maxOutputBytes: 300 })));
  afterAll(disposeThreadAgents);

  it('gets the task and all plain fields of its context, those of later versions too', async () => {
    const context = { ...makeContext({ deadline: '2026-01-01T00:00:00.000Z' }), traceparent: '00-ab-cd-01' };
    await expect(agent.execute(makeTask({ input: { a: [1] } }), context)).resolves.toEqual({
      echo: { a: [1] },
      context: {
        idempotencyKey: 'e-1:read',
        deadline: '2026-01-01T00:00:00.000Z',
        traceparent: '00-ab-cd-01',
      },
    });
  });

  it.each<JsonValue>([
    { do: 'return-nothing' },
    { do: 'return-text', length: 298 },
    { do: 'return-text', length: 299 },
    { do: 'return-date' },
    { do: 'return-function' },
    { do: 'return-getter' },
    { do: 'return-proxy' },
    { do: 'throw', message: 'boom' },
    { do: 'throw', message: 'x'.repeat(10_000), with: { code: 'EBUSY' } },
    { do: 'throw', message: 'boom', with: { code: 'not ours', retryable: false, details: { secret: 1 } } },
    { do: 'throw', message: '', with: { errors: [{ message: 'a' }, { message: 'b' }] } },
    { do: 'throw-text' },
  ])('ends as it does with kind function: %j', async (input) => {
    const factory = new ModuleAgentFactory({ module: OBEDIENT_THREAD, maxOutputBytes: 300 }, importModule);
    const expected = await outcomeOf(await factory.create(signal), input);
    await expect(outcomeOf(agent, input)).resolves.toEqual(expected);
  });

  it('keeps code, message, retryable and details of an error of ours', async () => {
    await expect(outcomeOf(agent, { do: 'throw-house-error' })).resolves.toEqual({
      error: { code: 'OVEN_COLD', message: 'too cold', retryable: true, details: { celsius: 20 } },
    });
  });

  it('has reported all of its progress when it ends', async () => {
    const context = makeContext();
    await agent.execute(makeTask({ input: { do: 'report', times: 3, message: 'on it' } }), context);
    expect(context.reports).toEqual([1, 2, 3].map((progress) => ({ progress, total: 3, message: 'on it' })));
  });

  it('reports a bounded number of times, at a bounded length, and nothing but what a report is', async () => {
    const message = 'x'.repeat(2 * MAX_REPORT_MESSAGE_LENGTH);
    const flood = makeContext();
    await agent.execute(makeTask({ input: { do: 'report', times: 10_000, message } }), flood);
    expect(flood.reports).toHaveLength(MAX_PROGRESS_REPORTS);
    expect(flood.reports[0]?.message).toHaveLength(MAX_REPORT_MESSAGE_LENGTH);

    const nonsense = makeContext();
    await agent.execute(makeTask({ input: { do: 'report-nonsense' } }), nonsense);
    expect(nonsense.reports).toEqual([{ progress: 1 }]);
  });

  it('refuses a task that cannot be sent, and goes on', async () => {
    const task = makeTask({ input: (() => null) as unknown as JsonValue });
    await expect(agent.execute(task, makeContext())).rejects.toThrow('could not be cloned');
    await expect(agent.execute(makeTask(), makeContext())).resolves.toMatchObject({ echo: null });
  });

  it('says what it uses up', async () => {
    await agent.ping(signal);
    const { eventLoopUtilization, heapUsedBytes, heapLimitBytes } = agent.resources!()!;
    expect(eventLoopUtilization).toBeGreaterThanOrEqual(0);
    expect(eventLoopUtilization).toBeLessThanOrEqual(1);
    expect(heapUsedBytes).toBeGreaterThan(1e6);
    expect(heapLimitBytes).toBeGreaterThanOrEqual(256 * 1_048_576);
    expect(heapLimitBytes).toBeLessThan(512 * 1_048_576);
  });

  it('says how much CPU time its thread has used where Node tells it, and null elsewhere', async () => {
    const isTold = 'threadCpuUsage' in process;
    await agent.ping(signal);
    expect(agent.resources!()!.cpuTimeMs).toEqual(isTold ? expect.any(Number) : null);

    // As a newer Node has it.
    await agent.execute(makeTask({ input: { do: 'tell-cpu', user: 1_500, system: 250 } }), makeContext());
    expect(agent.resources!()!.cpuTimeMs).toBe(1.75);
  });
});
