import { Logger } from '@nestjs/common';
import { OrchestraEvents } from '#events';
import { EventLog } from './event-log.js';

describe('EventLog', () => {
  const agent = { agentId: 'a-1', capability: 'files' };
  const error = { code: 'AGENT_UNREACHABLE', message: 'no such command', retryable: true };
  let events: OrchestraEvents;
  let log: EventLog;
  let warn: jest.SpyInstance;
  let info: jest.SpyInstance;

  beforeEach(() => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    info = jest.spyOn(Logger.prototype, 'log').mockImplementation();
    events = new OrchestraEvents();
    log = new EventLog(events);
  });

  afterEach(() => {
    log.onApplicationShutdown();
    expect(events.listenerCount).toBe(0);
    jest.restoreAllMocks();
  });

  it('names the pool, the reason and the next attempt of an agent that could not be made', () => {
    events.publish('agent.failed', { ...agent, reason: 'create', error, retryInMs: 250 });
    expect(warn).toHaveBeenCalledWith(
      'pool "files": agent a-1 could not be made: AGENT_UNREACHABLE no such command; again in 250 ms',
    );
  });

  it('tells of an agent that was given up', () => {
    events.publish('agent.failed', { ...agent, reason: 'abandoned', error, retryInMs: 0 });
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('ignored an abort and is replaced'));
  });

  it.each([
    ['unhealthy', 'failed its pings and is replaced'],
    ['lost', 'is gone and is replaced'],
  ] as const)('tells of an agent that is %s, and when there is another', (reason, what) => {
    events.publish('agent.failed', { ...agent, reason, error, retryInMs: 250 });
    expect(warn).toHaveBeenCalledWith(
      `pool "files": agent a-1 ${what}: AGENT_UNREACHABLE no such command; again in 250 ms`,
    );
  });

  it('raises its voice for an agent in quarantine', () => {
    const failed = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    events.publish('agent.quarantined', { ...agent, error, retryInMs: 60_000 });
    expect(failed).toHaveBeenCalledWith(
      'pool "files": agent a-1 failed too often and is left alone for 60000 ms: AGENT_UNREACHABLE no such command',
    );
  });

  it('tells of an agent whose pings succeed again', () => {
    events.publish('agent.recovered', { ...agent, attempts: 0 });
    expect(info).toHaveBeenCalledWith('pool "files": agent a-1 answers its pings again');
  });

  it('tells of an agent that is back', () => {
    events.publish('agent.recovered', { ...agent, attempts: 3 });
    expect(info).toHaveBeenCalledWith('pool "files": agent a-1 is there after 3 attempts');
  });

  it.each([
    ['failures', 'its agents failed 12 of the last 20 tasks'],
    ['no-agents', 'none of its agents can be made'],
  ] as const)('raises its voice for a pool that refuses tasks: %s', (reason, why) => {
    const failed = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    const data = { retryAfterMs: 5_000, tasks: 20, failures: 12, usableAgents: 2, refused: 3 };
    events.publish('pool.unavailable', { capability: 'files', reason, ...data });
    expect(failed).toHaveBeenCalledWith(
      `pool "files" refuses tasks, for ${why}; 3 that waited are refused; again in 5000 ms`,
    );
  });

  it('tells of a pool that takes tasks again', () => {
    const data = { capability: 'files', reason: 'failures', unavailableMs: 5_100, usableAgents: 2 } as const;
    events.publish('pool.available', data);
    expect(info).toHaveBeenCalledWith('pool "files" takes tasks again, after 5100 ms');
  });

  it('tells of a pool that becomes larger or smaller, and why', () => {
    const figures = { busy: 2, waiting: 3, capacity: 2 };
    events.publish('pool.scaled', {
      capability: 'files',
      from: 2,
      to: 5,
      reasons: ['waiting', 'failing'],
      ...figures,
    });
    expect(info).toHaveBeenCalledWith(
      'pool "files" goes from 2 to 5 agents (waiting, failing): 2 tasks under way and 3 waiting on 2 slots',
    );
  });

  it('tells of a pool that is drained, and of one that is resumed', () => {
    events.publish('pool.draining', { capability: 'files', busy: 2, waiting: 3 });
    expect(info).toHaveBeenLastCalledWith(
      'pool "files" is drained: it begins no task; 2 tasks under way and 3 waiting',
    );
    events.publish('pool.resumed', { capability: 'files', waiting: 4 });
    expect(info).toHaveBeenLastCalledWith('pool "files" is resumed: it begins tasks again; 4 waiting');
  });

  it('says nothing of executions', () => {
    events.publish('execution.completed', { executionId: 'e', workflowId: 'w', durationMs: 1 });
    expect(warn).not.toHaveBeenCalled();
    expect(info).not.toHaveBeenCalled();
  });
});
