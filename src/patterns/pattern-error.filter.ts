import { Catch, Logger, type ArgumentsHost, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import { stackOf } from '../lifecycle/stack-of.js';
import type { PatternContext } from './pattern-context.js';
import { toPatternProblem } from './to-pattern-problem.js';

/** Answers every error with what REST would say; what the service itself got wrong goes to the log, with its stack. */
@Catch()
export class PatternErrorFilter implements RpcExceptionFilter {
  readonly #logger = new Logger(PatternErrorFilter.name);

  catch(error: unknown, host: ArgumentsHost): Observable<never> {
    const problem = toPatternProblem(error);
    if (problem.code === 'INTERNAL_ERROR') {
      const { pattern } = host.switchToRpc().getContext<PatternContext>();
      this.#logger.error(`${pattern} failed (request ${String(problem.requestId)})`, stackOf(error));
    }
    return throwError(() => problem);
  }
}
