import { OrchestraError } from './orchestra-error.js';

/** One thing that is wrong with an input, and where: `workflow.steps[2].dependsOn[0]`. */
export interface Problem {
  path: string;
  message: string;
}

/** Bad input. Carries every problem found, not only the first; nothing has happened when it is thrown. */
export class ValidationError extends OrchestraError<'VALIDATION_FAILED'> {
  readonly problems: readonly Problem[];

  constructor(what: string, problems: readonly Problem[]) {
    const lines = problems.map(({ path, message }) =>
      path === '' ? `- ${message}` : `- ${path}: ${message}`,
    );
    super('VALIDATION_FAILED', [`${what}: ${problems.length} problem(s)`, ...lines].join('\n'), {
      details: { problems },
    });
    this.problems = problems;
  }
}
