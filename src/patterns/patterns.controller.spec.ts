import { MetadataScanner } from '@nestjs/core';
import { createTestOrchestra, recordingAgent } from '#testing';
import { ACCESS } from '../auth/scope.decorators.js';
import { PatternContext } from './pattern-context.js';
import { PatternsController } from './patterns.controller.js';

describe('the message patterns', () => {
  it('declare each who may send them', () => {
    const prototype = PatternsController.prototype as unknown as Record<string, object>;
    const access = new MetadataScanner()
      .getAllMethodNames(prototype)
      .map((name): [string, unknown] => [name, Reflect.getMetadata(ACCESS, prototype[name]!)]);
    expect(Object.fromEntries(access)).toEqual({ submit: 'execute', get: 'read', cancel: 'execute' });
  });

  it('wait no longer for an end than their client is there', async () => {
    await using orchestra = await createTestOrchestra({
      agents: [recordingAgent({ capability: 'slow', hang: true })],
    });
    const { dispatcher } = orchestra;
    const controller = new PatternsController(dispatcher);
    const workflow = { id: 'w', steps: [{ id: 's', capability: 'slow' }] };
    const { executionId } = await dispatcher.submit(workflow);
    const connection = new AbortController();
    const context = new PatternContext(['', connection.signal]);
    const waits = [
      controller.get({ executionId, waitMs: 60_000 }, context),
      controller.submit({ workflow, waitMs: 60_000 }, context),
    ];
    const refused = Promise.all(waits.map((wait) => expect(wait).rejects.toThrow('gone')));
    await orchestra.waitForExecution(({ executionId: id }) => id !== executionId, 'running');
    connection.abort(new Error('gone'));
    await refused;
  });
});
