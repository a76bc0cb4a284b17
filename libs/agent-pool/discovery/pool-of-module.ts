import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { AgentPool } from '../agent-pool.js';
import type { ProviderWrapper } from './agent-options.js';

/** Gets what any provider of its module would get. */
@Injectable()
class Probe {
  constructor(readonly pool: AgentPool) {}
}

/** The pool that Nest injects into providers of `host`; undefined when there is none for them. */
export async function poolOfModule(host: ProviderWrapper['host']): Promise<AgentPool | undefined> {
  const moduleRef = host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
  try {
    return (await moduleRef?.create(Probe))?.pool;
  } catch {
    return undefined;
  }
}
