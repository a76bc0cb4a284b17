import { ValidationError } from '#core';
import { MAX_CACHED_DOCUMENT_SIZE, MAX_LARGE_WAITING, WorkflowCompiler } from './workflow-compiler.js';

function makeDocument(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: 'w', steps: [{ id: 'a', capability: 'c', input: { n: null } }], ...changes };
}

describe('WorkflowCompiler', () => {
  it('compiles the same text once, on submit and on run', async () => {
    const compiler = new WorkflowCompiler();
    const compiled = await compiler.compile(makeDocument());
    expect(await compiler.compile(makeDocument())).toBe(compiled);
    expect(await compiler.compile(JSON.parse(JSON.stringify(compiled.document)))).toBe(compiled);
    expect(await compiler.restore(JSON.parse(JSON.stringify(compiled.document)))).toBe(compiled);
    expect(await compiler.compile(makeDocument({ name: 'other' }))).not.toBe(compiled);
  });

  it('checks again what depends on where it runs', async () => {
    const compiler = new WorkflowCompiler();
    await compiler.compile(makeDocument(), { capabilities: () => true, maxSteps: 1 });
    await expect(
      compiler.compile(makeDocument(), { capabilities: () => false, prefix: ['workflow'] }),
    ).rejects.toThrow('workflow.steps[0].capability: no pool provides "c"');
    await expect(compiler.compile(makeDocument(), { maxSteps: 0 })).rejects.toThrow(
      '1 steps are more than 0',
    );
    expect(await compiler.compile(makeDocument(), { capabilities: () => true, maxSteps: 1 })).toBeDefined();
  });

  it('does not take what is not JSON for a document with the same text', async () => {
    const compiler = new WorkflowCompiler();
    await compiler.compile(makeDocument());
    const steps = [{ id: 'a', capability: 'c', input: { n: Number.NaN } }];
    expect(JSON.stringify(makeDocument({ steps }))).toBe(JSON.stringify(makeDocument()));
    await expect(compiler.compile(makeDocument({ steps }))).rejects.toThrow(ValidationError);
  });

  it('remembers no refusal', async () => {
    const compiler = new WorkflowCompiler();
    const bad = makeDocument({ priority: 11 });
    await expect(compiler.compile(bad)).rejects.toThrow(ValidationError);
    await expect(compiler.compile(bad)).rejects.toThrow(ValidationError);
  });

  it('compiles a document of great length each time', async () => {
    const compiler = new WorkflowCompiler();
    const raw = makeDocument({ metadata: { text: 'x'.repeat(MAX_CACHED_DOCUMENT_SIZE) } });
    expect(await compiler.compile(raw)).not.toBe(await compiler.compile(raw));
  });

  it('restores a document whose pools have gone, and refuses a damaged one', async () => {
    const compiler = new WorkflowCompiler();
    expect((await compiler.restore(makeDocument())).document.id).toBe('w');
    await expect(compiler.restore(makeDocument({ steps: [] }))).rejects.toThrow(ValidationError);
    await expect(compiler.restore(null)).rejects.toThrow(ValidationError);
    await expect(compiler.restore(undefined)).rejects.toThrow(ValidationError);
  });

  it('is not misled by a caller who changes a document afterwards', async () => {
    const compiler = new WorkflowCompiler();
    const raw = makeDocument({ metadata: { a: 1 } });
    const compiled = await compiler.compile(raw);
    (raw.metadata as { a: number }).a = 2;
    expect(compiled.document.metadata).toEqual({ a: 1 });
    expect((await compiler.compile(raw)).document.metadata).toEqual({ a: 2 });
  });

  it('is not misled by a caller who changes a document while it is compiled', async () => {
    const compiler = new WorkflowCompiler();
    const steps = Array.from({ length: 3_000 }, (_, place) => ({ id: `s${place}`, capability: 'c' }));
    const raw = makeDocument({ steps });
    const compiling = compiler.compile(raw);
    setImmediate(() => steps.forEach((step) => (step.capability = 'other')));
    const { document } = await compiling;
    expect(new Set(document.steps.map(({ capability }) => capability))).toEqual(new Set(['c']));
  });

  describe('of large documents', () => {
    const steps = Array.from({ length: 1_000 }, (_, place) => ({ id: `s${place}`, capability: 'c' }));
    const large = (name: string) => makeDocument({ name, steps });

    it('keeps so many waiting, and refuses the next with QUEUE_FULL; small ones pass', async () => {
      const compiler = new WorkflowCompiler();
      const all = await Promise.allSettled([
        ...Array.from({ length: MAX_LARGE_WAITING + 4 }, (_, nth) => compiler.compile(large(`large ${nth}`))),
        compiler.compile(makeDocument()),
      ]);
      const refused = all.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
      expect(refused).toHaveLength(2);
      for (const reason of refused) expect(reason).toMatchObject({ code: 'QUEUE_FULL', retryable: true });
      expect(all.at(-1)?.status).toBe('fulfilled');
      expect((await compiler.compile(large('later'))).document.name).toBe('later');
    });

    it.each(['compile', 'restore'] as const)('lets one leave the line of a %s at once', async (door) => {
      const compiler = new WorkflowCompiler();
      const controller = new AbortController();
      const huge = Array.from({ length: 10_000 }, (_, place) => ({ id: `s${place}`, capability: 'c' }));
      const before = ['first', 'second'].map(async (name) =>
        compiler[door](makeDocument({ name, steps: huge })),
      );
      let ended = 0;
      for (const compiling of before) void compiling.then(() => ended++);
      const waiting =
        door === 'compile'
          ? compiler.compile(large('third'), {}, controller.signal)
          : compiler.restore(large('third'), controller.signal);
      controller.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
      expect(ended).toBe(0);
      await Promise.all(before);
    });

    it('gives up one that waits for its turn when its signal aborts', async () => {
      const compiler = new WorkflowCompiler();
      const controller = new AbortController();
      const compiling = compiler.compile(large('large'), {}, controller.signal);
      controller.abort(new Error('enough'));
      await expect(compiling).rejects.toThrow('enough');
    });
  });
});
