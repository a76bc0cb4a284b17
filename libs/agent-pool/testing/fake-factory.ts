import type { Clock } from '#core';
import { AgentFactory, type Agent, type AgentTask } from '../ports/agent.js';

/** What an agent answers to its pings; `nth` is 1 for its first. */
export type Ping = (signal: AbortSignal, nth: number) => Promise<void>;

/** An agent that counts. Without `ping` it is not asked for one. */
export class FakeAgent implements Agent {
  disposals = 0;
  pings = 0;
  readonly #dispose: () => Promise<void>;
  readonly #ping: Ping | undefined;

  constructor(dispose: () => Promise<void> = () => Promise.resolve(), ping?: Ping) {
    this.#dispose = dispose;
    this.#ping = ping;
  }

  get pingable(): boolean {
    return this.#ping !== undefined;
  }

  execute({ input }: AgentTask): Promise<unknown> {
    return Promise.resolve({ echo: input });
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#ping?.(signal, ++this.pings);
  }

  dispose(): Promise<void> {
    this.disposals++;
    return this.#dispose();
  }
}

/** Makes one agent. `call` is 1 for the first one asked for. */
export type Make = (signal: AbortSignal, call: number) => Promise<FakeAgent>;

/** A factory that keeps what it made. */
export class FakeFactory extends AgentFactory {
  readonly kind = 'fake';
  readonly made: FakeAgent[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #make: Make;

  constructor(make: Make = () => Promise.resolve(new FakeAgent())) {
    super();
    this.#make = make;
  }

  get calls(): number {
    return this.signals.length;
  }

  /** Agents that were made and not disposed of. */
  get alive(): number {
    return this.made.filter(({ disposals }) => disposals === 0).length;
  }

  async create(signal: AbortSignal): Promise<Agent> {
    this.signals.push(signal);
    const agent = await this.#make(signal, this.calls);
    this.made.push(agent);
    return agent;
  }
}

/** Takes `ms` of clock time for each agent. */
export function slowly(clock: Clock, ms: number): Make {
  return async (signal) => {
    await clock.sleep(ms, { signal });
    return new FakeAgent();
  };
}
