import fc from 'fast-check';
import { ManualClock } from '#core';
import { Screen } from '../testing/screen.js';
import { KeptOutput, makeCli } from '../testing/make-cli.js';
import { T0, makeEvent, makeView } from '../testing/make-view.js';
import { displayWidth } from '../text/width.js';
import { createDisplay } from './display.js';
import { eventLine } from './event-line.js';
import { applyEvent, type ExecutionView } from './execution-view.js';
import { LineDisplay } from './line-display.js';
import { LiveDisplay } from './live-display.js';
import { renderProgress } from './render-progress.js';

const error = { code: 'AGENT_ERROR', message: 'no\nway \u001b[2J', retryable: true };

/** One step in every state. */
function variedView(): ExecutionView {
  const view = makeView('done', 'busy', 'again', 'broken', 'left', 'stopped', 'later');
  const step = (stepId: string, more: object = {}) => ({ stepId, attempt: 1, agentId: 'x', ...more });
  for (const event of [
    makeEvent('execution.started', 0),
    makeEvent('step.started', 0, step('done')),
    makeEvent('step.completed', 1_500, step('done')),
    makeEvent('step.started', 1_000, step('busy', { attempt: 2 })),
    makeEvent('step.progress', 1_100, step('busy', { progress: 3, total: 10, message: 'reading' })),
    makeEvent('step.started', 0, step('again')),
    makeEvent('step.retrying', 1_000, step('again', { delayMs: 750, error })),
    makeEvent('step.started', 0, step('broken')),
    makeEvent('step.failed', 250, step('broken', { error })),
    makeEvent('step.skipped', 300, step('left', { reason: 'dependency' })),
    makeEvent('step.started', 0, step('stopped')),
    makeEvent('step.cancelled', 400, step('stopped')),
  ]) {
    applyEvent(view, event);
  }
  return view;
}

describe('the picture of an execution', () => {
  const now = T0 + 2_000;

  it('has a line for itself and one a step: state, time, attempts, what there is to tell', () => {
    expect(renderProgress(variedView(), { columns: 80, rows: 24, now })).toEqual([
      'demo  running  2.0 s  4/7 steps  e-1',
      '✓ done     completed     1.5 s',
      '• busy     running       1.0 s  2 attempts  3/10 reading',
      '↻ again    retrying      2.0 s  again in 750 ms: AGENT_ERROR no way \\u001b[2J',
      '✗ broken   failed       250 ms  AGENT_ERROR no way \\u001b[2J',
      '- left     skipped              a step before it failed',
      '○ stopped  cancelled    400 ms',
      '· later    pending',
    ]);
  });

  it('shows what matters most when there are more steps than rows, in document order, and counts the others', () => {
    const view = makeView(...Array.from({ length: 50 }, (_, i) => `s${i}`));
    for (const stepId of ['s10', 's40'])
      applyEvent(view, makeEvent('step.started', 0, { stepId, attempt: 1 }));
    for (const stepId of ['s2', 's3'])
      applyEvent(view, makeEvent('step.completed', 5, { stepId, attempt: 1 }));
    const lines = renderProgress(view, { columns: 80, rows: 6, now: T0 });
    expect(lines.map((line) => line.trim().split(/\s+/).slice(0, 2).join(' '))).toEqual([
      'demo pending',
      '· s0',
      '· s1',
      '• s10',
      '• s40',
      'and 46',
    ]);
    expect(lines.at(-1)).toBe('  and 46 more: 44 pending, 2 completed');
  });

  it('fits into any terminal, whatever the steps are called and say', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 30 }),
        name,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 40 }),
        (steps, message, columns, rows) => {
          const view = makeView(...steps);
          for (const stepId of steps.slice(0, 5)) {
            applyEvent(view, makeEvent('step.started', 0, { stepId, attempt: 1 }));
            applyEvent(view, makeEvent('step.progress', 0, { stepId, progress: 1, total: null, message }));
          }
          const lines = renderProgress(view, { columns, rows, now });
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) {
            expect(displayWidth(line)).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/\p{Cc}/u);
          }
        },
      ),
    );
  });

  it('begins again when the execution is retried, but for what has completed', () => {
    const view = variedView();
    applyEvent(view, makeEvent('execution.failed', 2_000, { error }));
    expect(view.status).toBe('failed');
    applyEvent(view, makeEvent('execution.queued', 3_000, { retry: true }));
    expect(renderProgress(view, { columns: 40, rows: 4, now })[0]).toContain('pending  1/7 steps');
  });

  it('takes no notice of events that it does not know', () => {
    const view = variedView();
    const before = structuredClone(view);
    applyEvent(view, makeEvent('step.pondered' as never, 0, { stepId: 'busy' }));
    applyEvent(view, makeEvent('step.started', 0, { stepId: 'nobody', attempt: 1 }));
    applyEvent(view, makeEvent('agent.started' as never, 0, {}));
    expect(view).toEqual(before);
    expect(eventLine(makeEvent('step.pondered' as never, 0, {}))).toBeUndefined();
  });
});

describe('the live display', () => {
  let clock: ManualClock;
  let screen: Screen;
  let display: LiveDisplay;

  beforeEach(() => {
    clock = new ManualClock(T0);
    screen = new Screen(40, 10);
    display = new LiveDisplay(screen, { clock });
  });

  it('redraws in place, tells notes above, and leaves the terminal as it was', async () => {
    const exitListeners = process.listenerCount('exit');
    screen.write('$ orchestra run\n');
    const view = makeView('one', 'two');
    display.open(view);
    expect(screen.cursorShown).toBe(false);
    applyEvent(view, makeEvent('execution.started', 0));
    applyEvent(view, makeEvent('step.started', 0, { stepId: 'one', attempt: 1 }));
    await clock.advance(300);
    display.note('a word\nor two');
    applyEvent(view, makeEvent('step.completed', 400, { stepId: 'one', attempt: 1 }));
    await clock.advance(300);
    display.close();
    display.close();
    expect(screen.lines).toEqual([
      '$ orchestra run',
      'a word',
      'or two',
      'demo  running  600 ms  1/2 steps  e-1',
      '✓ one  completed    400 ms',
      '· two  pending',
      '',
    ]);
    expect(screen.cursorShown).toBe(true);
    expect(clock.timerCount).toBe(0);
    expect(screen.listenerCount('resize')).toBe(0);
    expect(process.listenerCount('exit')).toBe(exitListeners);
  });

  it('writes nothing while nothing changes', async () => {
    display.open(makeView('one'));
    const { text } = screen;
    await clock.advance(10_000);
    expect(screen.text).toBe(text);
    display.close();
  });

  it('keeps to the rows there are, and shows every step in the end', async () => {
    const view = makeView(...Array.from({ length: 30 }, (_, i) => `s${i}`));
    display.open(view);
    applyEvent(view, makeEvent('execution.started', 0));
    await clock.advance(1_000);
    expect(screen.lines).toHaveLength(9);
    display.close();
    expect(screen.lines).toHaveLength(32);
  });

  it('draws anew at once when the terminal is resized, from where its lines begin by then', async () => {
    const view = makeView('one');
    display.open(view);
    applyEvent(view, makeEvent('execution.started', 0));
    await clock.advance(100);
    const { length } = screen.text;
    // The header, of 35 columns, takes three rows now, the step one.
    screen.columns = 16;
    screen.emit('resize');
    expect(screen.text.slice(length).startsWith('\r\u001b[3Ademo  running …')).toBe(true);
    display.close();
  });

  it('shows the cursor however the process ends', () => {
    display.open(makeView('one'));
    const [leave] = process.listeners('exit').slice(-1);
    leave?.call(process, 1);
    expect(screen.cursorShown).toBe(true);
    display.close();
  });
});

describe('createDisplay', () => {
  const choose = (isTTY: boolean, env: Record<string, string | undefined>) => {
    const cli = makeCli({ env });
    cli.stderr.isTTY = isTTY;
    return createDisplay(cli, { clock: new ManualClock() });
  };

  it('redraws in a terminal, unless somebody asked for less', () => {
    expect(choose(true, {})).toBeInstanceOf(LiveDisplay);
    expect(choose(true, { NO_COLOR: '' })).toBeInstanceOf(LiveDisplay);
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
      expect(choose(true, env)).toBeInstanceOf(LineDisplay);
    expect(choose(false, {})).toBeInstanceOf(LineDisplay);
  });

  it('writes a line an event elsewhere', () => {
    const output = new KeptOutput();
    const display = new LineDisplay(output);
    display.open();
    display.changed(makeEvent('step.retrying', 0, { stepId: 'a', delayMs: 10, error }));
    display.changed(makeEvent('execution.completed', 0, { durationMs: 1_234 }));
    display.close();
    expect(output.text).toBe(
      'a: again in 10 ms: AGENT_ERROR no way \\u001b[2J\nexecution completed in 1.2 s\n',
    );
  });
});
