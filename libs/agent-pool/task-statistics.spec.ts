import { NEWEST_TASK_WEIGHT, TaskStatistics } from './task-statistics.js';

describe('TaskStatistics', () => {
  it('knows no rate and no latency before the first task', () => {
    expect(new TaskStatistics()).toMatchObject({
      tasks: 0,
      failures: 0,
      successRate: null,
      averageLatencyMs: null,
    });
  });

  it('counts tasks and failures and moves the latency by an eighth of what is new', () => {
    const statistics = new TaskStatistics();
    statistics.record(true, 100, 1);
    statistics.record(false, 180, 2);

    expect(statistics).toMatchObject({
      tasks: 2,
      failures: 1,
      successRate: 0.5,
      averageLatencyMs: 110,
      lastEndedAtMs: 2,
    });
    expect(statistics.recentSuccessRate).toBe(1 - NEWEST_TASK_WEIGHT);
  });

  it('forgets old failures in the recent rate, not in the whole one', () => {
    const statistics = new TaskStatistics();
    for (let task = 0; task < 50; task++) statistics.record(false, 1, task);
    for (let task = 0; task < 50; task++) statistics.record(true, 1, task);

    expect(statistics.successRate).toBe(0.5);
    expect(statistics.recentSuccessRate).toBeGreaterThan(0.99);
  });

  it.each([NaN, Infinity, -1])('counts a task of %p ms without spoiling the latency', (durationMs) => {
    const statistics = new TaskStatistics();
    statistics.record(true, 8, 1);
    statistics.record(true, durationMs, 2);

    expect(statistics).toMatchObject({ tasks: 2, averageLatencyMs: 8 });
  });

  it('counts an abandoned task as a failure of unknown duration', () => {
    const statistics = new TaskStatistics();
    statistics.recordGivenUp();

    expect(statistics).toMatchObject({ tasks: 1, failures: 1, successRate: 0, averageLatencyMs: null });
  });
});
