/** One idempotency key, sent again: with the same request, and with another. */
import { startHttpAgent, type HttpAgentServer } from '../helpers/http-agent.js';
import { expectProblem } from '../helpers/problems.js';
import { startService, type Service } from '../helpers/service.js';
import { httpPool, oneStep } from '../helpers/workflows.js';

let agent: HttpAgentServer;
let service: Service;

beforeAll(async () => {
  agent = await startHttpAgent();
  service = await startService({
    lifetime: 'file',
    config: { pools: [httpPool('http', agent.url, { concurrencyPerAgent: 16 })] },
  });
});

const post = (body: unknown, key: string) =>
  service.client.post('/v1/executions', body, { headers: { 'idempotency-key': key } });

describe('FAULTS 35: one idempotency key 100 times at once', () => {
  it('is one execution with one id in all answers, and runs once', async () => {
    const body = { workflow: oneStep('http', { a: 1, b: [2] }), input: { x: 1, y: 2 } };
    // The order of keys means nothing in JSON.
    const same = { input: { y: 2, x: 1 }, workflow: oneStep('http', { b: [2], a: 1 }) };
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, nth) => post(nth % 2 === 0 ? body : same, 'once')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const ids = new Set(answers.map(({ json }) => json.executionId as string));
    expect(ids.size).toBe(1);
    const [executionId = ''] = ids;
    await service.client.finished(executionId);
    expect(agent.callsOf(executionId)).toHaveLength(1);

    const repeat = await post(body, 'once');
    expect(repeat).toMatchObject({ status: 202, json: { executionId, status: 'completed' } });
    expect(agent.callsOf(executionId)).toHaveLength(1);
    const { items } = await service.client.list('?workflowId=one-step');
    expect(items).toHaveLength(1);
  });
});

describe('FAULTS 36: one idempotency key for two requests', () => {
  it.each([
    ['another workflow', { workflow: oneStep('http', 'yours') }],
    ['another input', { workflow: oneStep('http', 'mine'), input: 1 }],
    ['another priority', { workflow: oneStep('http', 'mine'), priority: 9 }],
    ['another timeout', { workflow: oneStep('http', 'mine'), timeoutMs: 1_000 }],
  ])('refuses %s, and the first stays as it was', async (what, other) => {
    const first = await post({ workflow: oneStep('http', 'mine') }, `two ${what}`);
    expectProblem(await post(other, `two ${what}`), 422, 'IDEMPOTENCY_KEY_REUSED');
    const execution = await service.client.finished(first.json.executionId as string);
    expect(execution).toMatchObject({
      priority: 5,
      input: {},
      steps: { only: { output: { echo: 'mine' } } },
    });
    expect(agent.callsOf(execution.executionId).map(({ body }) => body.input as unknown)).toEqual(['mine']);
  });
});
