import { jsonProblems } from '#core/plain';
import { AgentError } from '../agents.errors.js';
import { fitJson } from './json-bytes.js';

/**
 * The output of an agent as it may be stored: a JSON value of at most `maxOutputBytes`. `undefined`, what a function
 * without `return` yields, becomes null.
 *
 * @throws {AgentError} `AGENT_INVALID_OUTPUT`, listing what is not JSON; `AGENT_OUTPUT_TOO_LARGE`.
 */
export function checkOutput(output: unknown, maxOutputBytes: number): unknown {
  if (output === undefined) return null;
  switch (fitJson(output, maxOutputBytes)) {
    case 'fits':
      return output;
    case 'too-large':
      throw outputTooLarge(maxOutputBytes);
    case 'not-json': {
      const problems = jsonProblems(output, ['output']);
      const [first] = problems;
      const example = first === undefined ? '' : `: ${first.path}: ${first.message}`;
      throw new AgentError('AGENT_INVALID_OUTPUT', `the output is not JSON${example}`, {
        details: { problems },
      });
    }
  }
}

export function outputTooLarge(maxOutputBytes: number): AgentError {
  return new AgentError('AGENT_OUTPUT_TOO_LARGE', `the output is larger than ${maxOutputBytes} bytes`, {
    details: { maxOutputBytes },
  });
}
