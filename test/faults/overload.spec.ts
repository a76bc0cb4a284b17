/** More work than the service can take. */
import { residentBytes } from '../helpers/processes.js';
import { startService } from '../helpers/service.js';
import { functionPool, oneStep } from '../helpers/workflows.js';

const RUNNING = 2;
const WAITING = 20;
const CLIENTS = 40;
/** Of each client, one after the other: 800 in all, where 22 find room at once and some 100 a second are done. */
const REQUESTS_EACH = 20;

describe('FAULTS 54: a flood of ten times what a small service can take', () => {
  it('is refused where there is no room, and what was accepted is done', async () => {
    const service = await startService({
      config: {
        dispatch: { maxConcurrentWorkflows: RUNNING, maxQueueDepth: WAITING },
        pools: [functionPool('local', { size: { min: RUNNING } })],
      },
    });
    const workflow = oneStep('local', { do: 'sleep', ms: 20 });
    await service.client.run(workflow);
    const residentBefore = residentBytes(service.pid);

    const accepted: string[] = [];
    let refused = 0;
    const flood = async (): Promise<void> => {
      for (let sent = 0; sent < REQUESTS_EACH; sent++) {
        const { status, json, headers } = await service.client.post('/v1/executions', { workflow });
        if (status === 202) {
          accepted.push(json.executionId as string);
          continue;
        }
        expect({ status, code: json.code as string }).toEqual({ status: 503, code: 'QUEUE_FULL' });
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
        refused++;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, flood));
    const endedAt = Date.now();
    expect(accepted.length + refused).toBe(CLIENTS * REQUESTS_EACH);
    expect(accepted.length).toBeGreaterThanOrEqual(RUNNING + WAITING);
    expect(refused).toBeGreaterThan(CLIENTS * REQUESTS_EACH - 10 * (RUNNING + WAITING));

    for (const executionId of accepted)
      expect((await service.client.finished(executionId)).status).toBe('completed');
    expect((await service.client.run(workflow)).status).toBe('completed');
    expect(Date.now() - endedAt).toBeLessThan(10_000);
    expect((await service.client.get('/health')).json.status).toBe('ok');
    expect(residentBytes(service.pid) - residentBefore).toBeLessThan(100_000_000);
    expect(service.stderr).toBe('');
  });
});
