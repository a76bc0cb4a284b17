import fc from 'fast-check';
import { jsonSnapshot } from '#core';
import type { CompiledWorkflow } from './compiled-workflow.js';
import { RecentDocuments } from './recent-documents.js';

const COMPILED = {} as CompiledWorkflow;

function noteTwice(recent: RecentDocuments, raw: unknown): void {
  recent.note(raw, COMPILED);
  recent.note(raw, COMPILED);
}

describe('RecentDocuments', () => {
  it('finds the very object, as long as it has the text that it had', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 }),
        fc.jsonValue(),
        fc.nat(),
        (raw, change, at) => {
          const recent = new RecentDocuments();
          noteTwice(recent, raw);
          const text = JSON.stringify(raw);
          expect(recent.find(raw)).toBe(jsonSnapshot(raw) === undefined ? undefined : COMPILED);
          expect(recent.find([...raw])).toBeUndefined();
          const part = raw[at % raw.length] ?? {};
          const [key = 'key'] = Object.keys(part);
          if (key === '__proto__') return;
          part[key] = change;
          if (JSON.stringify(raw) !== text) expect(recent.find(raw)).toBeUndefined();
        },
      ),
    );
  });

  it('keeps nothing of one that came once', () => {
    const recent = new RecentDocuments();
    const raw = { id: 'wf' };
    recent.note(raw, COMPILED);
    expect(recent.find(raw)).toBeUndefined();
  });

  it('sees what was added, taken away, or is no JSON any more', () => {
    const recent = new RecentDocuments();
    const step: Record<string, unknown> = { id: 'a', retry: { maxAttempts: 3 } };
    const raw = { id: 'wf', steps: [step] };
    noteTwice(recent, raw);
    step.capability = 'c';
    expect(recent.find(raw)).toBeUndefined();
    delete step.capability;
    expect(recent.find(raw)).toBe(COMPILED);
    delete step.id;
    expect(recent.find(raw)).toBeUndefined();
    step.id = 'a';
    raw.steps.push({});
    expect(recent.find(raw)).toBeUndefined();
    raw.steps.pop();
    step.retry = new Map([['maxAttempts', 3]]);
    expect(recent.find(raw)).toBeUndefined();
  });

  it('holds few', () => {
    const recent = new RecentDocuments();
    const raws = Array.from({ length: 9 }, (_, nth) => ({ id: `wf-${nth}` }));
    for (const raw of raws) noteTwice(recent, raw);
    expect(raws.map((raw) => recent.find(raw) !== undefined)).toEqual([
      false,
      ...Array.from({ length: 8 }, () => true),
    ]);
  });
});
