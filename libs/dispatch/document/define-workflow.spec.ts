import { ValidationError } from '#core';
import { defineWorkflow } from './define-workflow.js';
import { validateWorkflow } from './validate-workflow.js';

describe('defineWorkflow', () => {
  const reading = defineWorkflow({ id: 'brief', priority: 7 }).step('read', {
    capability: 'files',
    input: { path: '{% $input.path %}' },
  });

  it('writes the document', () => {
    const document = reading
      .step('stats', {
        capability: 'text',
        dependsOn: ['read'],
        input: '{% $steps.read.output %}',
        onError: 'skip',
      })
      .output({ words: '{% $steps.stats.output.words %}' })
      .build();
    expect(document).toStrictEqual({
      id: 'brief',
      priority: 7,
      steps: [
        { id: 'read', capability: 'files', input: { path: '{% $input.path %}' } },
        {
          id: 'stats',
          capability: 'text',
          dependsOn: ['read'],
          input: '{% $steps.read.output %}',
          onError: 'skip',
        },
      ],
      output: { words: '{% $steps.stats.output.words %}' },
    });
    expect(validateWorkflow(document).steps).toHaveLength(2);
  });

  it('leaves a builder as it is when another grows from it', () => {
    reading.step('stats', { capability: 'text' }).output('x');
    expect(reading.build()).toStrictEqual({
      id: 'brief',
      priority: 7,
      steps: [{ id: 'read', capability: 'files', input: { path: '{% $input.path %}' } }],
    });
  });

  it('does not compile with a dependency that was not declared before, nor runs', () => {
    // @ts-expect-error: there is no step "raed"
    const builder = reading.step('stats', { capability: 'text', dependsOn: ['raed'] });
    expect(() => builder.build()).toThrow('there is no step "raed"');
    // @ts-expect-error: a step cannot depend on itself
    expect(() => reading.step('stats', { capability: 'text', dependsOn: ['stats'] }).build()).toThrow(
      ValidationError,
    );
  });

  it('does not compile with an id used twice, nor runs', () => {
    // @ts-expect-error: "read" is taken
    expect(() => reading.step('read', { capability: 'text' }).build()).toThrow(
      'is the id of steps[0] already',
    );
  });

  it('does not compile with an unknown key, nor runs', () => {
    // @ts-expect-error: there is no such key
    expect(() => reading.step('stats', { capability: 'text', retries: 3 }).build()).toThrow('unknown key');
  });

  it('takes ids that are known at run time only', () => {
    let builder = defineWorkflow({ id: 'many' }).step('first', { capability: 'c' });
    for (const id of ['a', 'b']) builder = builder.step(id, { capability: 'c', dependsOn: ['first'] });
    expect(builder.build().steps).toHaveLength(3);
  });

  it('needs a step', () => {
    expect(() => defineWorkflow({ id: 'empty' }).build()).toThrow('must hold at least one step');
  });
});
