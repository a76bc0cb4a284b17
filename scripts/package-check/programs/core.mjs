import assert from 'node:assert/strict';

export default async function boot(load) {
  const { ManualClock, retry, loadPeer } = await load('nest-orchestra/core');
  const clock = new ManualClock();
  let rang = false;
  clock.setTimer(() => (rang = true), 10);
  await clock.advance(10);
  assert.equal(rang, true);
  assert.equal(typeof retry, 'function');
  await assert.rejects(
    loadPeer('no-such-package', () => load('no-such-package')),
    { code: 'PEER_MISSING' },
  );
}
