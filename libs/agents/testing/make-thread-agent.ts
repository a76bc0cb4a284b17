import { join } from 'node:path';
import type { Agent } from '#agent-pool';
import { SystemClock } from '#core';
import type { ThreadAgentOptions } from '../thread/thread-agent-options.js';
import { ThreadAgentFactory } from '../thread/thread-agent.factory.js';
import { BUILT_ENTRY } from './built-entry.js';

const made = new Set<Agent>();

export const threadFixture = (name: string): string => join(__dirname, '../thread/fixtures', name);

export const OBEDIENT_THREAD = threadFixture('thread-module.mjs');

export function makeThreadFactory(options: Partial<ThreadAgentOptions> = {}): ThreadAgentFactory {
  return new ThreadAgentFactory({ module: OBEDIENT_THREAD, ...options }, new SystemClock(), BUILT_ENTRY);
}

/** An agent with a real thread; `disposeThreadAgents` ends it. */
export async function makeThreadAgent(options: Partial<ThreadAgentOptions> = {}): Promise<Agent> {
  const agent = await makeThreadFactory(options).create(new AbortController().signal);
  made.add(agent);
  return agent;
}

export async function disposeThreadAgents(): Promise<void> {
  const agents = [...made];
  made.clear();
  await Promise.all(agents.map((agent) => agent.dispose()));
}
