import { SAME_SIGNAL_MS } from '../lifecycle/same-signal.js';

/** 128 and the number of the signal, as a shell tells it. SIGPIPE: nobody reads what we write any more. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const;
export type Interrupt = keyof typeof EXIT_CODES;

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * Ctrl-C and its like. The first asks the command to stop, by the signal of an AbortController; a second ends the
 * process at once. A command that does not ask to be told ends as any process does.
 */
export class Interrupts {
  readonly #controller = new AbortController();
  readonly #exit: (code: number) => never;
  readonly #monotonic: () => number;
  #first: { cause: Interrupt; at: number } | undefined;
  #listening = false;

  constructor(exit: (code: number) => never, monotonic: () => number = () => performance.now()) {
    this.#exit = exit;
    this.#monotonic = monotonic;
  }

  /** Aborts with the first interrupt. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How a process ends that was interrupted; undefined when it was not. */
  exitCode(): number | undefined {
    return this.#first && EXIT_CODES[this.#first.cause];
  }

  /** From now on signals are the command's to deal with, and so is a reader that has gone. */
  listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    for (const signal of SIGNALS) process.on(signal, () => this.interrupted(signal));
  }

  /** What a signal does. */
  interrupted(cause: Interrupt): void {
    if (!this.#listening) return;
    const now = this.#monotonic();
    if (this.#first === undefined) {
      this.#first = { cause, at: now };
      this.#controller.abort(new Error(`interrupted by ${cause}`));
    } else if (cause !== 'SIGPIPE' && now - this.#first.at > SAME_SIGNAL_MS) {
      this.#exit(EXIT_CODES[cause]);
    }
  }
}
