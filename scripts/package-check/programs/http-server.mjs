import assert from 'node:assert/strict';

export default async function boot(load) {
  await load('reflect-metadata');
  const { Controller, Get, Module } = await load('@nestjs/common');
  const { NestFactory } = await load('@nestjs/core');
  const { createFastifyAdapter } = await load('nest-orchestra/http');
  class Pong {
    pong() {
      return 'pong';
    }
  }
  Get('ping')(Pong.prototype, 'pong', Object.getOwnPropertyDescriptor(Pong.prototype, 'pong'));
  Controller()(Pong);
  class App {}
  Module({ controllers: [Pong] })(App);
  const app = await NestFactory.create(App, await createFastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  const answer = await fetch(`${await app.getUrl()}/ping`, { headers: { connection: 'close' } });
  assert.equal(await answer.text(), 'pong');
  await app.close();
}
