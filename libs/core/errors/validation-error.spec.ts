import { ValidationError } from './validation-error.js';

describe('ValidationError', () => {
  const problems = [
    { path: 'pools[0].size', message: 'too small' },
    { path: '', message: 'expected an object' },
  ];

  it('shows every problem, a line each, with its place where it has one', () => {
    const error = new ValidationError('AgentPoolModule options', problems);
    expect(error.message).toBe(
      'AgentPoolModule options: 2 problem(s)\n- pools[0].size: too small\n- expected an object',
    );
  });

  it('hands every problem to a program, too, and says that trying again is useless', () => {
    const error = new ValidationError('the request', problems);
    expect(error.problems).toEqual(problems);
    expect(error).toMatchObject({ code: 'VALIDATION_FAILED', retryable: false, details: { problems } });
  });
});
