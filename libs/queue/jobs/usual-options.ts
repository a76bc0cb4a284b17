import { parseOptions } from '#core';
import { addOptionsSchema, type AddOptions } from '../ports/job.js';

type CheckedOptions = ReturnType<typeof parseOptions<typeof addOptionsSchema>>;

const DEFAULTS = addOptionsSchema.parse({});

/** Ids of which nothing has to be looked up: the rest is for the schema to judge. */
const PLAIN_ID = /^[\x21-\x7e]{1,256}$/;

/**
 * Checks the options of jobs. Nearly all jobs of a queue are added with the same ones but for their ids, and the schema
 * takes longer to say so again than the job takes to be added: what it has found sound is known again.
 */
export class UsualOptions {
  /** By priority: the latest ones of an id, a priority and a number of attempts, and of nothing else. */
  readonly #known: CheckedOptions[] = [];

  /** @returns what holds but for the id, which may be another job's. @throws {ValidationError} */
  check(options: AddOptions | undefined, what: string): CheckedOptions {
    if (options === undefined) return DEFAULTS;
    return this.#recognise(options) ?? this.#parse(options, what);
  }

  #recognise(options: AddOptions): CheckedOptions | undefined {
    if (!isUsual(options)) return undefined;
    const known = this.#known[options.priority as number];
    // By the type too: a '5' leads to what is known of 5.
    if (known?.priority !== options.priority || known?.attempts !== options.attempts) return undefined;
    return typeof options.id === 'string' && PLAIN_ID.test(options.id) ? known : undefined;
  }

  #parse(options: AddOptions, what: string): CheckedOptions {
    const parsed = parseOptions(addOptionsSchema, options, what);
    if (isUsual(options)) this.#known[parsed.priority] = parsed;
    return parsed;
  }
}

function isUsual(options: AddOptions): boolean {
  let keys = 0;
  for (const key in options) {
    if (key !== 'id' && key !== 'priority' && key !== 'attempts') return false;
    keys++;
  }
  return keys === 3;
}
