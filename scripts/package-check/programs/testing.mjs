import assert from 'node:assert/strict';

export default async function boot(load) {
  const { createTestOrchestra, recordingAgent } = await load('nest-orchestra/testing');
  const double = recordingAgent({ capability: 'c', hang: true });
  const orchestra = await createTestOrchestra({ agents: [double] });
  await orchestra.dispatcher.submit({ id: 'w', steps: [{ id: 's', capability: 'c' }] });
  (await double.call()).release('done');
  const { steps } = await orchestra.waitForExecution({ workflowId: 'w' }, 'completed');
  assert.equal(steps.s.output, 'done');
  await orchestra.close();
}
