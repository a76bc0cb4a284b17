import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ValidationError } from '#core';
import { importModule } from '../testing/import-module.js';
import { makeContext, makeTask, rejection } from '../testing/make-task.js';
import type { ImportModule } from './load-module.js';
import { ModuleAgentFactory } from './module-agent.factory.js';

describe('ModuleAgentFactory', () => {
  const { signal } = new AbortController();
  const fixture = (name: string): string => join(__dirname, 'fixtures', name);
  const factoryOf = (module: string, maxOutputBytes?: number): ModuleAgentFactory =>
    new ModuleAgentFactory({ module, maxOutputBytes }, importModule);

  it.each([fixture('hello.mjs'), pathToFileURL(fixture('hello.mjs')).href])(
    'runs the module at %s',
    async (module) => {
      const agent = await factoryOf(module).create(signal);
      const output = agent.execute(makeTask({ input: 'Ada' }), makeContext());
      await expect(output).resolves.toBe('Hello, Ada');
    },
  );

  it('checks the output', async () => {
    const agent = await factoryOf(fixture('hello.mjs'), 5).create(signal);
    const error = await rejection(agent.execute(makeTask({ input: 'Ada' }), makeContext()));
    expect(error.code).toBe('AGENT_OUTPUT_TOO_LARGE');
  });

  it('calls the ping and the dispose that the module exports', async () => {
    const agent = await factoryOf(fixture('hello.mjs')).create(signal);
    await agent.ping(signal);
    await agent.dispose();
    await expect(agent.ping(signal)).rejects.toThrow('disposed of');
  });

  it.each([
    ['does not exist', 'missing.mjs', /cannot be loaded/],
    ['throws when it is loaded', 'throws.mjs', /no database/],
    [
      'exports no function',
      'no-function.mjs',
      /export default must be a function; export dispose must be a function/,
    ],
  ])('says so when the module %s', async (_, name, message) => {
    const error = await rejection(factoryOf(fixture(name)).create(signal));
    expect(error).toMatchObject({ code: 'AGENT_MODULE_INVALID', retryable: false });
    expect(error.message).toMatch(message);
    expect(error.details['module']).toBe(fixture(name));
  });

  it('waits for a module no longer than its signal allows', async () => {
    const controller = new AbortController();
    const reason = new Error('took too long');
    const never: ImportModule = () => {
      queueMicrotask(() => controller.abort(reason));
      return new Promise(() => undefined);
    };
    const factory = new ModuleAgentFactory({ module: fixture('hello.mjs') }, never);
    await expect(factory.create(controller.signal)).rejects.toBe(reason);
  });

  it.each(['./relative.js', 'left-pad', 'https://example.com/a.js', 'data:text/javascript,1', 'node:fs'])(
    'refuses %s: neither an absolute path nor a file: URL',
    (module) => {
      expect(() => factoryOf(module)).toThrow(ValidationError);
    },
  );
});
