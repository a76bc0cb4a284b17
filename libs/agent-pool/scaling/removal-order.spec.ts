import { AgentLease, type Lessor } from '../agent-lease.js';
import { RestartHistory } from '../health/restart-history.js';
import { PooledAgent } from '../pooled-agent.js';
import { FakeAgent } from '../testing/fake-factory.js';
import { firstToGo } from './removal-order.js';

const lessor: Lessor = { released: () => undefined, abandoned: () => undefined };
const failure = { code: 'X', message: 'x', retryable: true };

type Kind = 'error' | 'quarantined' | 'starting' | number;

/** An agent in that state; a number stands for one that is there, with so many tasks. */
function makeAgent(kind: Kind): PooledAgent {
  const history = new RestartHistory({
    maxRestarts: 1,
    windowMs: 1,
    maxFailedCreates: 1,
    quarantineMs: 1,
  });
  const pooled = new PooledAgent({ capability: 'work', kind: 'fake', concurrency: 9, history });
  if (typeof kind === 'number') {
    pooled.ready(new FakeAgent(), '2026-01-01T00:00:00.000Z');
    for (let task = 0; task < kind; task++) new AgentLease(pooled, 0, lessor);
  } else if (kind !== 'starting') {
    pooled.createWaits(failure, 0, kind === 'error' ? null : '2026-01-01T00:00:00.000Z');
  }
  return pooled;
}

it('lets those go first who do nothing for the pool, then those with the least to do, of equals the last', () => {
  const agents = ([2, 0, 'starting', 1, 'error', 0, 'quarantined', 'starting'] as Kind[]).map(makeAgent);

  const order = firstToGo(agents, 8).map((pooled) => agents.indexOf(pooled));
  expect(order).toEqual([6, 4, 7, 2, 5, 1, 3, 0]);
  expect(firstToGo(agents, 3)).toEqual(firstToGo(agents, 8).slice(0, 3));
  expect(firstToGo(agents, 0)).toEqual([]);
});
