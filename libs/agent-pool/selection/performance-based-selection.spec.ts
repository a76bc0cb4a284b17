import { makeCandidate, type CandidateFacts } from '../testing/candidate.js';
import { DECAY_MS, PerformanceBasedSelection } from './performance-based-selection.js';

function choose(facts: Record<string, CandidateFacts>): string | undefined {
  const agents = Object.entries(facts).map(([name, each]) => makeCandidate(name, each));
  return new PerformanceBasedSelection().select(agents)?.name;
}

describe('PerformanceBasedSelection', () => {
  it('prefers the faster of two reliable agents', () => {
    expect(choose({ slow: { averageLatencyMs: 200 }, fast: { averageLatencyMs: 100 } })).toBe('fast');
  });

  it('prefers the more reliable of two equally fast agents', () => {
    expect(
      choose({
        shaky: { averageLatencyMs: 100, recentSuccessRate: 0.7 },
        steady: { averageLatencyMs: 100, recentSuccessRate: 0.9 },
      }),
    ).toBe('steady');
  });

  it('is not drawn to an agent that fails fast', () => {
    expect(
      choose({
        failing: { averageLatencyMs: 1, recentSuccessRate: 0 },
        working: { averageLatencyMs: 60_000 },
      }),
    ).toBe('working');
  });

  it('counts load: a fast agent with enough to do comes after a slower idle one', () => {
    const slow = { averageLatencyMs: 250 };
    expect(choose({ fast: { averageLatencyMs: 100, active: 1 }, slow })).toBe('fast');
    expect(choose({ fast: { averageLatencyMs: 100, active: 2 }, slow })).toBe('slow');
  });

  it('counts load where tasks take no measurable time', () => {
    expect(choose({ busy: { averageLatencyMs: 0, active: 2 }, idle: { averageLatencyMs: 0 } })).toBe('idle');
  });

  it('explores an agent without a record at once, but with one task only', () => {
    const known = { averageLatencyMs: 1, active: 5 };
    expect(choose({ known, unknown: {} })).toBe('unknown');
    expect(choose({ known, unknown: { active: 1 } })).toBe('known');
    expect(choose({ one: { active: 2 }, other: { active: 1 } })).toBe('other');
  });

  it('tries an agent that did badly again when its record has aged', () => {
    const bad = { averageLatencyMs: 1_000, lastEndedAtMs: 0 };
    const age = DECAY_MS * Math.log(10);
    expect(choose({ bad, good: { averageLatencyMs: 100, lastEndedAtMs: age - 1 } })).toBe('good');
    expect(choose({ bad, good: { averageLatencyMs: 100, lastEndedAtMs: age + 1 } })).toBe('bad');
  });
});
