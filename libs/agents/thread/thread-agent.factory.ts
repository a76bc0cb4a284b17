import { AgentFactory, type Agent } from '#agent-pool';
import { loadPeer, parseOptions, untilAborted, type Clock } from '#core';
import { AgentThread } from './agent-thread.js';
import {
  threadAgentOptionsSchema,
  type ResolvedThreadAgentOptions,
  type ThreadAgentOptions,
} from './thread-agent-options.js';
import { ThreadAgent, type StartThread } from './thread-agent.js';

/**
 * Agents that run the default export of an ES module, `(task, context) => output`, in a worker thread each: for work
 * that holds a CPU, which in this process would hold up everything else. The module is written as for kind `function`;
 * what is different is that each thread loads it anew, that a task is stopped for good when it is aborted, and that it
 * can use up no more than its thread: see `AgentErrorCode` for what its task fails with then.
 *
 * With a pool's `concurrencyPerAgent` above 1, tasks of an agent share its thread, take turns wherever they await, and
 * end with it.
 *
 * Two things a thread cannot keep to itself. V8 ends the whole process when one allocation alone goes far over the
 * heap's limit (an array of 240 MB where there are 64); work of that kind belongs in a process of its own, behind kind
 * `http` or `mcp`. And what blocks in native code (`execSync`, an addon) cannot be stopped by anyone: its agent is given
 * up after `dispatch.abortGraceMs`, like one of kind `function`.
 */
export class ThreadAgentFactory extends AgentFactory {
  readonly kind = 'thread';
  readonly #options: ResolvedThreadAgentOptions;
  readonly #clock: Clock;
  readonly #entry: URL;

  /**
   * @param entry what the threads run, for hosts that do not run what was built (test runners).
   * @throws {ValidationError} on bad options.
   */
  constructor(
    options: ThreadAgentOptions,
    clock: Clock,
    entry: URL = new URL('./thread-entry.js', import.meta.url),
  ) {
    super();
    this.#options = parseOptions(threadAgentOptionsSchema, options, 'thread agent options');
    this.#clock = clock;
    this.#entry = entry;
  }

  /**
   * @throws {AgentError} `AGENT_MODULE_INVALID`, ...; {MissingPeerError} without `piscina`; the signal's reason. No thread is
   *   left then.
   */
  async create(signal: AbortSignal): Promise<Agent> {
    signal.throwIfAborted();
    const loading = loadPeer('piscina', () => import('piscina'));
    const { default: exported } = await untilAborted(loading, signal);
    const dependencies = {
      piscina: exported.Piscina,
      entry: this.#entry,
      options: this.#options,
      clock: this.#clock,
    };
    const start: StartThread = (startSignal) => AgentThread.start(dependencies, startSignal);
    return new ThreadAgent(await start(signal), start, this.#clock);
  }
}
