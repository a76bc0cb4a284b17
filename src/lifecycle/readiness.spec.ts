import { Readiness } from './readiness.js';

describe('Readiness', () => {
  it('goes from starting over ready to draining', () => {
    const readiness = new Readiness();
    expect(readiness.state).toBe('starting');
    readiness.started();
    expect(readiness.state).toBe('ready');
    readiness.draining();
    expect(readiness.state).toBe('draining');
  });

  it('never becomes ready again, also when the agents come after the signal', () => {
    const readiness = new Readiness();
    readiness.draining();
    readiness.started();
    expect(readiness.state).toBe('draining');
  });
});
