import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

class EchoController {
  echo(body) {
    return body;
  }
}
const { prototype } = EchoController;
Controller('v1/executions')(EchoController);
Post()(prototype, 'echo', Object.getOwnPropertyDescriptor(prototype, 'echo'));
HttpCode(202)(prototype, 'echo', Object.getOwnPropertyDescriptor(prototype, 'echo'));
Body()(prototype, 'echo', 0);

class EchoModule {}
Module({ controllers: [EchoController] })(EchoModule);

/** A bare application of Nest on Fastify that answers with the body of the request. */
export default async function echo() {
  const app = await NestFactory.create(EchoModule, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { url: () => url, settled: () => undefined, close: () => app.close() };
}
