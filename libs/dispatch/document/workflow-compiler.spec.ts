import { ValidationError } from '#core';
import { MAX_CACHED_DOCUMENT_TEXT, WorkflowCompiler } from './workflow-compiler.js';

function makeDocument(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: 'w', steps: [{ id: 'a', capability: 'c', input: { n: null } }], ...changes };
}

describe('WorkflowCompiler', () => {
  it('compiles the same text once, on submit and on run', () => {
    const compiler = new WorkflowCompiler();
    const compiled = compiler.compile(makeDocument());
    expect(compiler.compile(makeDocument())).toBe(compiled);
    expect(compiler.compile(JSON.parse(JSON.stringify(compiled.document)))).toBe(compiled);
    expect(compiler.restore(JSON.parse(JSON.stringify(compiled.document)))).toBe(compiled);
    expect(compiler.compile(makeDocument({ name: 'other' }))).not.toBe(compiled);
  });

  it('checks again what depends on where it runs', () => {
    const compiler = new WorkflowCompiler();
    compiler.compile(makeDocument(), { capabilities: () => true, maxSteps: 1 });
    expect(() =>
      compiler.compile(makeDocument(), { capabilities: () => false, prefix: ['workflow'] }),
    ).toThrow('workflow.steps[0].capability: no pool provides "c"');
    expect(() => compiler.compile(makeDocument(), { maxSteps: 0 })).toThrow('1 steps are more than 0');
    expect(compiler.compile(makeDocument(), { capabilities: () => true, maxSteps: 1 })).toBeDefined();
  });

  it('does not take what is not JSON for a document with the same text', () => {
    const compiler = new WorkflowCompiler();
    compiler.compile(makeDocument());
    const steps = [{ id: 'a', capability: 'c', input: { n: Number.NaN } }];
    expect(JSON.stringify(makeDocument({ steps }))).toBe(JSON.stringify(makeDocument()));
    expect(() => compiler.compile(makeDocument({ steps }))).toThrow(ValidationError);
  });

  it('remembers no refusal', () => {
    const compiler = new WorkflowCompiler();
    const bad = makeDocument({ priority: 11 });
    expect(() => compiler.compile(bad)).toThrow(ValidationError);
    expect(() => compiler.compile(bad)).toThrow(ValidationError);
  });

  it('compiles a document of great length each time', () => {
    const compiler = new WorkflowCompiler();
    const raw = makeDocument({ metadata: { text: 'x'.repeat(MAX_CACHED_DOCUMENT_TEXT) } });
    expect(compiler.compile(raw)).not.toBe(compiler.compile(raw));
  });

  it('restores a document whose pools have gone, and refuses a damaged one', () => {
    const compiler = new WorkflowCompiler();
    expect(compiler.restore(makeDocument()).document.id).toBe('w');
    expect(() => compiler.restore(makeDocument({ steps: [] }))).toThrow(ValidationError);
    expect(() => compiler.restore(null)).toThrow(ValidationError);
    expect(() => compiler.restore(undefined)).toThrow(ValidationError);
  });

  it('is not misled by a caller who changes a document afterwards', () => {
    const compiler = new WorkflowCompiler();
    const raw = makeDocument({ metadata: { a: 1 } });
    const compiled = compiler.compile(raw);
    (raw.metadata as { a: number }).a = 2;
    expect(compiled.document.metadata).toEqual({ a: 1 });
    expect(compiler.compile(raw).document.metadata).toEqual({ a: 2 });
  });
});
