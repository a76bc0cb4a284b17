import { Logger } from '@nestjs/common';
import { stackOf } from '../lifecycle/stack-of.js';
import type { PatternAnswer } from './pattern-answer.js';
import { toPatternProblem } from './to-pattern-problem.js';

const logger = new Logger('Patterns');

/** An answer as Nest's TCP transport frames it; one that is too long for a string becomes an error. */
export function encodeFrame(answer: PatternAnswer): string {
  const text = stringify(answer);
  return `${text.length}#${text}`;
}

function stringify(answer: PatternAnswer): string {
  try {
    return JSON.stringify(answer);
  } catch (error) {
    const problem = toPatternProblem(error);
    logger.error(`an answer could not be written (request ${String(problem.requestId)})`, stackOf(error));
    return JSON.stringify({ err: problem, isDisposed: true, id: answer.id });
  }
}
