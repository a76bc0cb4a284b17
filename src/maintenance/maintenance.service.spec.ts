import { Logger } from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { Clock, ManualClock } from '#core';
import { WorkflowDispatcher } from '#dispatch';
import { WorkflowSchedules } from '#schedules';
import { MaintenanceService } from './maintenance.service.js';

describe('MaintenanceService', () => {
  const clock = new ManualClock();
  const maintain = jest.fn(() => Promise.resolve({ checked: 0, requeued: 0 }));
  const repair = jest.fn<Promise<object>, [{ signal: AbortSignal }]>(() =>
    Promise.resolve({ checked: 0, repaired: 0 }),
  );

  beforeEach(() => {
    jest.clearAllMocks();
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  });
  afterEach(() => jest.useRealTimers());

  async function open() {
    const module = await Test.createTestingModule({
      imports: [ScheduleModule.forRoot()],
      providers: [
        MaintenanceService,
        { provide: Clock, useValue: clock },
        { provide: WorkflowDispatcher, useValue: { maintain } },
        { provide: WorkflowSchedules, useValue: { repair } },
      ],
    }).compile();
    await module.init();
    return module;
  }

  it('looks at schedules at the start, and at everything every half minute, a little later each time', async () => {
    const module = await open();
    expect([repair.mock.calls.length, maintain.mock.calls.length]).toEqual([1, 0]);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(clock.timerCount).toBe(1);
    await clock.advance(5_000);
    expect([repair.mock.calls.length, maintain.mock.calls.length]).toEqual([2, 1]);
    await module.close();
  });

  it('leaves no timer, and begins nothing, once it is closed', async () => {
    const module = await open();
    await jest.advanceTimersByTimeAsync(30_000);
    await module.close();
    expect(clock.timerCount).toBe(0);
    expect(module.get(SchedulerRegistry).getIntervals()).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
    expect(maintain).not.toHaveBeenCalled();
    expect(repair.mock.calls[0]?.[0].signal.aborted).toBe(true);
  });

  it('says that schedules could not be looked at, and goes on', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    repair.mockRejectedValueOnce(new Error('Redis is away'));
    const module = await open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(warn).toHaveBeenCalledWith('schedules could not be looked at: Redis is away');
    await jest.advanceTimersByTimeAsync(30_000);
    await clock.advance(5_000);
    expect(repair).toHaveBeenCalledTimes(2);
    await module.close();
  });
});
