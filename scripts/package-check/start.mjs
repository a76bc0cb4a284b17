import assert from 'node:assert/strict';

/** A Nest application of one module, without a compiler for decorators. */
export async function start(load, metadata) {
  await load('reflect-metadata');
  const { Module } = await load('@nestjs/common');
  const { NestFactory } = await load('@nestjs/core');
  class App {}
  Module(metadata)(App);
  return NestFactory.createApplicationContext(App, { logger: false, abortOnError: false });
}

/** A provider with `@Agent()` that greets. */
export async function greeter(load) {
  const { Agent } = await load('nest-orchestra/agent-pool');
  class Greeter {
    execute({ input }) {
      return Promise.resolve(`Hello, ${input}`);
    }
  }
  Agent({ capability: 'greet' })(Greeter);
  return Greeter;
}

/** Runs a workflow of one step on `capability` and gives its record. */
export async function runStep(load, app, capability, input) {
  const { WorkflowDispatcher } = await load('nest-orchestra/dispatch');
  const dispatcher = app.get(WorkflowDispatcher, { strict: false });
  const handle = await dispatcher.submit({ id: 'w', steps: [{ id: 'only', capability, input }] });
  return (await handle.result()).steps.only;
}

/** That it fails with the one error that names what to install. */
export async function assertMissing(promise, ...packages) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, 'PEER_MISSING');
    assert.match(error.message, new RegExp(`npm install ${packages.join(' ')}$`));
    return true;
  });
}
