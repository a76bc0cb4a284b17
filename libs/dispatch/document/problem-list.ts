import { ValidationError, formatPath, type Problem } from '#core';

/** How many problems of one document are listed; the rest are counted. */
const MAX_LISTED_PROBLEMS = 100;

/** Collects what is wrong with a document. */
export class ProblemList {
  readonly #prefix: readonly PropertyKey[];
  readonly #listed: Problem[] = [];
  #count = 0;

  /** @param prefix starts the path of each problem. */
  constructor(prefix: readonly PropertyKey[]) {
    this.#prefix = prefix;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Whether what is found from now on is counted and not listed: no reason to look for more at a price. */
  get isFull(): boolean {
    return this.#listed.length >= MAX_LISTED_PROBLEMS;
  }

  add(path: readonly PropertyKey[], message: string): void {
    this.addProblem({ path: formatPath([...this.#prefix, ...path]), message });
  }

  /** One whose path is complete. */
  addProblem(problem: Problem): void {
    this.#count++;
    if (this.#listed.length < MAX_LISTED_PROBLEMS) this.#listed.push(problem);
  }

  /** @throws {ValidationError} if there are any. */
  throwIfAny(what: string): void {
    const error = this.errorOf(what);
    if (error !== undefined) throw error;
  }

  /** Undefined if there is none. */
  errorOf(what: string): ValidationError | undefined {
    if (this.isEmpty) return undefined;
    const rest = this.#count - this.#listed.length;
    const more =
      rest === 0 ? [] : [{ path: formatPath(this.#prefix), message: `and ${rest} more problem(s)` }];
    return new ValidationError(what, [...this.#listed, ...more]);
  }
}
