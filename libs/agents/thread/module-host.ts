import { setMaxListeners } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import type { AgentTask } from '#agent-pool';
import { AbortedError } from '#core/plain';
import { loadModule, type ImportModule } from '../function/load-module.js';
import type { AgentModule } from '../function/module-exports.js';
import { checkOutput } from '../output/check-output.js';
import { ProgressReporter } from './progress-reporter.js';
import type { AbortMessage, CallMessage, PlainContext, ThreadRequest } from './thread-protocol.js';

interface Loaded {
  module: AgentModule;
  maxOutputBytes: number;
  port: MessagePort;
}

/** The module of an agent in its thread, and the calls under way there. */
export class ModuleHost {
  readonly #importModule: ImportModule;
  readonly #calls = new Map<number, AbortController>();
  /** Aborts that came before their calls; a call takes its own out, so they are never many. */
  readonly #early = new Map<number, AbortedError>();
  #lastCallId = 0;
  #loaded: Loaded | undefined;

  constructor(importModule: ImportModule) {
    this.#importModule = importModule;
  }

  /** @returns JSON text. @throws what the module throws; {AgentError}. */
  async handle(request: ThreadRequest): Promise<string> {
    const { callId } = request;
    // Requests come in the order of their ids.
    this.#lastCallId = callId;
    switch (request.type) {
      case 'load':
        return this.#load(request);
      case 'execute':
        return this.#run(callId, (signal) => this.#execute(callId, request.task, request.context, signal));
      case 'ping':
        return this.#run(callId, async (signal) => {
          await this.#ready.module.ping?.(signal);
          return 'null';
        });
      case 'dispose':
        await this.#ready.module.dispose?.();
        return 'null';
    }
  }

  async #load({ module, maxOutputBytes, port }: ThreadRequest & { type: 'load' }): Promise<string> {
    const loaded = await loadModule(module, this.#importModule);
    this.#loaded = { module: loaded, maxOutputBytes, port };
    port.on('message', (message: AbortMessage) => this.#abort(message));
    return JSON.stringify(loaded.dispose !== undefined);
  }

  async #execute(
    callId: number,
    task: AgentTask,
    context: PlainContext,
    signal: AbortSignal,
  ): Promise<string> {
    const { module, maxOutputBytes, port } = this.#ready;
    const reporter = new ProgressReporter((report) => {
      // A report after the end of its task is nobody's.
      if (this.#calls.has(callId)) post(port, { type: 'progress', callId, report });
    });
    const progress = reporter.report.bind(reporter);
    const output = await module.default(task, { ...context, signal, progress });
    return JSON.stringify(checkOutput(output, maxOutputBytes));
  }

  async #run(callId: number, work: (signal: AbortSignal) => Promise<string>): Promise<string> {
    const early = this.#early.get(callId);
    if (early !== undefined) {
      this.#early.delete(callId);
      throw early;
    }
    const controller = new AbortController();
    // As many listeners as the module likes, as in the process.
    setMaxListeners(0, controller.signal);
    this.#calls.set(callId, controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#calls.delete(callId);
    }
  }

  #abort({ callId, kind, reason }: AbortMessage): void {
    const error = new AbortedError(kind, reason.message, { details: reason.details });
    const controller = this.#calls.get(callId);
    if (controller !== undefined) {
      post(this.#ready.port, { type: 'aborting', callId });
      controller.abort(error);
    } else if (callId > this.#lastCallId) {
      this.#early.set(callId, error);
    }
  }

  get #ready(): Loaded {
    if (this.#loaded === undefined) throw new Error('the thread has loaded no module');
    return this.#loaded;
  }
}

function post(port: MessagePort, message: CallMessage): void {
  port.postMessage(message);
}
