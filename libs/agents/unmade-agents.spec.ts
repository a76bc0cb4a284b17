import { join } from 'node:path';
import { AgentPool, type AgentFactory } from '#agent-pool';
import { SystemClock } from '#core';
import { OrchestraEvents, type OrchestraEventMap } from '#events';
import { ModuleAgentFactory } from './function/module-agent.factory.js';
import { importModule } from './testing/import-module.js';
import { disposeThreadAgents, makeThreadAgent, makeThreadFactory } from './testing/make-thread-agent.js';
import { threadCount } from './testing/thread-count.js';

const inProcess = (name: string): string => join(__dirname, 'function', 'fixtures', name);
const inThread = (name: string): string => join(__dirname, 'thread', 'fixtures', name);

const ofProcess = (module: string): AgentFactory => new ModuleAgentFactory({ module }, importModule);
const ofThread = (module: string): AgentFactory => makeThreadFactory({ module });

const clock = new SystemClock();

/** Long enough for a module to load, on a machine that does other things as well. */
const LOAD_MS = 30_000;
/** Of those that never do. */
const NEVER_MS = 400;

describe('a pool whose agents cannot be made', () => {
  // Piscina and its first thread leave threads of Node's own behind.
  beforeAll(async () => {
    await makeThreadAgent();
    await disposeThreadAgents();
  });

  it.each<[string, AgentFactory, string, RegExp]>([
    ['does not exist', ofProcess(inProcess('missing.mjs')), 'AGENT_MODULE_INVALID', /cannot be loaded/],
    ['throws at import', ofProcess(inProcess('throws.mjs')), 'AGENT_MODULE_INVALID', /no database/],
    ['never becomes ready', ofProcess(inProcess('never-ready.mjs')), 'TIMEOUT', /timed out after 400 ms/],
    ['does not exist, in a thread', ofThread(inThread('missing.mjs')), 'AGENT_MODULE_INVALID', /be loaded/],
    ['throws at import, in a thread', ofThread(inProcess('throws.mjs')), 'AGENT_MODULE_INVALID', /database/],
    ['never becomes ready, in a thread', ofThread(inThread('loops-on-load.mjs')), 'TIMEOUT', /after 400 ms/],
  ])('because their module %s, says so, and leaves nothing behind', async (_, factory, code, message) => {
    const createTimeoutMs = code === 'TIMEOUT' ? NEVER_MS : LOAD_MS;
    const threads = threadCount();
    const events = new OrchestraEvents();
    const pool = new AgentPool(clock, events);
    const failed = new Promise<OrchestraEventMap['agent.failed']>((resolve) =>
      events.on('agent.failed', resolve),
    );
    pool.add({ capability: 'work', factory, createTimeoutMs, size: { min: 2 } });
    pool.start();

    const event = await failed;
    expect(event).toMatchObject({ capability: 'work', reason: 'create', error: { code } });
    expect(event.error.message).toMatch(message);
    await pool.whenProvisioned();
    expect(pool.pool('work')).toMatchObject({ health: 'critical', agents: { idle: 0, busy: 0 } });
    expect(pool.agents()).toMatchObject([{ error: { code } }, { error: { code } }]);

    await pool.close();
    expect(pool.agents().map(({ state }) => state)).toEqual(['stopped', 'stopped']);
    // The system takes a thread off its list a moment after it has ended.
    while (threadCount() > threads) await clock.sleep(5);
  });
});
