import { residentBytes } from './processes.js';
import { startService, type Service } from './service.js';
import { functionPool, oneStep } from './workflows.js';

/** A service that hostile requests are sent to. */
export interface Target {
  service: Service;
  /** Its memory before the first of them. */
  residentBefore: number;
}

/** For the whole file; it has done some work already, so that what comes after shows in its memory. */
export async function startTarget(): Promise<Target> {
  const service = await startService({
    lifetime: 'file',
    config: { pools: [functionPool('local', { size: { min: 4 } })] },
  });
  await service.client.run(oneStep('local'));
  return { service, residentBefore: residentBytes(service.pid) };
}

/** Ready, clean and no larger, whatever was sent to it. */
export async function expectUnharmed({ service, residentBefore }: Target): Promise<void> {
  expect((await service.client.get('/health/ready')).status).toBe(200);
  const { steps } = await service.client.run(oneStep('local', { do: 'look-for-pollution' }));
  expect(steps.only?.output).toEqual({ polluted: null });
  expect(residentBytes(service.pid) - residentBefore).toBeLessThan(200_000_000);
  expect(service.stderr).toBe('');
}
