import { Logger, type INestApplication } from '@nestjs/common';
import { Clock, ManualClock } from '#core';
import { WorkflowDispatcher, type DrainReport } from '#dispatch';
import type { HttpDrain } from '#http';
import { WorkflowSchedules } from '#schedules';
import { Readiness } from './readiness.js';
import { ServiceShutdown } from './service-shutdown.js';

const DRAINED: DrainReport = { durationMs: 12.4, remaining: 0, abandoned: 0, lost: false };

const STAGES = ['readiness', 'httpDrain', 'schedules', 'drain', 'close'] as const;

describe('ServiceShutdown', () => {
  let clock: ManualClock;
  /** What was done, with the time of it. */
  let done: [what: string, at: number][];
  let logged: string[];
  let report: DrainReport;
  let failing: string | undefined;
  let closing: Promise<void>;
  let shutdown: ServiceShutdown;

  function act(what: string): void {
    done.push([what, clock.monotonic()]);
    if (what === failing) throw new Error(`${what} broke`);
  }

  function make(options: { drainDelayMs?: number } = {}): ServiceShutdown {
    const providers = new Map<unknown, unknown>([
      [Clock, clock],
      [Readiness, { draining: () => act('readiness') }],
      [WorkflowSchedules, { stop: async () => act('schedules') }],
      [
        WorkflowDispatcher,
        {
          drain: async () => {
            act('drain');
            return report;
          },
        },
      ],
    ]);
    const app = {
      get: (token: unknown) => providers.get(token),
      close: async () => {
        act('close');
        await closing;
      },
    };
    return new ServiceShutdown({
      app: app as unknown as INestApplication,
      httpDrain: { begin: () => act('httpDrain') } as unknown as HttpDrain,
      drainDelayMs: options.drainDelayMs ?? 0,
      gracePeriodMs: 30_000,
      exit: (code) => done.push([`exit ${code}`, clock.monotonic()]),
    });
  }

  const steps = (): string[] => done.map(([what]) => what);

  beforeEach(() => {
    clock = new ManualClock();
    done = [];
    logged = [];
    report = DRAINED;
    failing = undefined;
    closing = Promise.resolve();
    for (const level of ['log', 'error'] as const) {
      jest
        .spyOn(Logger.prototype, level)
        .mockImplementation((...[message]: unknown[]) => void logged.push(`${level}: ${String(message)}`));
    }
    shutdown = make();
  });

  afterEach(() => {
    jest.restoreAllMocks();
    expect(clock.timerCount).toBe(0);
  });

  it('takes every stage in its order, and serves as before for drainDelayMs', async () => {
    shutdown = make({ drainDelayMs: 1_500 });
    shutdown.signalled('SIGTERM');
    expect(done).toEqual([['readiness', 0]]);
    await clock.advance(1_499);
    expect(done).toHaveLength(1);
    await clock.advance(1);
    expect(done).toEqual([
      ['readiness', 0],
      ['httpDrain', 1_500],
      ['schedules', 1_500],
      ['drain', 1_500],
      ['close', 1_500],
      ['exit 0', 1_500],
    ]);
    expect(logged).toEqual([
      'log: SIGTERM: draining, for at most 31500 ms',
      'log: drained in 12 ms: 0 executions left, 0 tasks abandoned',
    ]);
  });

  it('ends with code 1 when something accepted is lost, after it has closed', async () => {
    report = { ...DRAINED, remaining: 3, abandoned: 2, lost: true };
    shutdown.signalled('SIGTERM');
    await clock.advance(0);
    expect(steps()).toEqual([...STAGES, 'exit 1']);
    expect(logged).toContain('log: drained in 12 ms: 3 executions left, 2 tasks abandoned');
    expect(logged).toContain('error: 3 accepted executions are lost: the memory driver keeps nothing');
  });

  it('ends with code 0 when what remains is kept elsewhere', async () => {
    report = { ...DRAINED, remaining: 3 };
    shutdown.signalled('SIGTERM');
    await clock.advance(0);
    expect(steps().at(-1)).toBe('exit 0');
  });

  it.each(STAGES)('goes on with the other stages when %s fails, and ends with code 1', async (stage) => {
    failing = stage;
    shutdown.signalled('SIGTERM');
    await clock.advance(0);
    expect(steps()).toEqual([...STAGES, 'exit 1']);
    expect(logged).toContain('error: the shutdown failed');
  });

  it('ends at once, with code 1, when closing takes more than 10 s', async () => {
    closing = new Promise(() => {});
    shutdown.signalled('SIGTERM');
    await clock.advance(9_999);
    expect(steps()).toEqual([...STAGES]);
    await clock.advance(1);
    expect(done.at(-1)).toEqual(['exit 1', 10_000]);
    expect(logged).toContain('error: still closing after 10000 ms: ending at once');
  });

  it('has no deadline left when it has closed in time', async () => {
    let closed: () => void = () => {};
    closing = new Promise((resolve) => (closed = resolve));
    shutdown.signalled('SIGTERM');
    await clock.advance(9_999);
    closed();
    await clock.advance(20_000);
    expect(steps()).toEqual([...STAGES, 'exit 0']);
  });

  describe('at a second signal', () => {
    beforeEach(() => {
      closing = new Promise(() => {});
    });
    // The deadline of a close that never ends.
    afterEach(() => clock.advance(20_000));

    it.each([0, 1, 200])('%i ms after the first takes it for the same', async (ms) => {
      shutdown.signalled('SIGTERM');
      await clock.advance(ms);
      shutdown.signalled('SIGINT');
      await clock.advance(0);
      expect(steps()).toEqual([...STAGES]);
    });

    it('more than 200 ms after the first ends at once', async () => {
      shutdown.signalled('SIGTERM');
      await clock.advance(201);
      shutdown.signalled('SIGINT');
      expect(done.at(-1)).toEqual(['exit 1', 201]);
      expect(logged).toContain('error: SIGINT again: ending at once');
    });

    it('ends at once also while it still serves', async () => {
      shutdown = make({ drainDelayMs: 1_000 });
      shutdown.signalled('SIGTERM');
      await clock.advance(500);
      shutdown.signalled('SIGTERM');
      expect(steps()).toEqual(['readiness', 'exit 1']);
    });
  });

  describe('at an error that nobody caught', () => {
    const fault = new Error('nobody caught me');

    it('takes every stage too, tells the error, and ends with code 1', async () => {
      const error = jest.mocked(Logger.prototype.error);
      shutdown.faulted(fault);
      await clock.advance(0);
      expect(steps()).toEqual([...STAGES, 'exit 1']);
      expect(error.mock.calls).toEqual([['an error was not caught', fault.stack]]);
      expect(logged[1]).toBe('log: uncaught error: draining, for at most 30000 ms');
    });

    it('ends with code 1 when it comes while a signal is being followed', async () => {
      shutdown = make({ drainDelayMs: 1_000 });
      shutdown.signalled('SIGTERM');
      await clock.advance(500);
      shutdown.faulted('text');
      await clock.advance(500);
      expect(steps()).toEqual([...STAGES, 'exit 1']);
    });

    it('begins only once, however many there are', async () => {
      shutdown.faulted(fault);
      shutdown.faulted(fault);
      await clock.advance(0);
      expect(steps()).toEqual([...STAGES, 'exit 1']);
    });
  });
});
