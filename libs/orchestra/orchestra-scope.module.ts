import { Inject, Module, type DynamicModule, type OnModuleInit, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ValidationError } from '#core';
import { EventsModule, OrchestraEvents } from '#events';
import { strayConsumers } from './stray-consumers.js';

const APPLICATION_EVENTS = Symbol('nest-orchestra.application-events');
const ORCHESTRA = Symbol('nest-orchestra.orchestra');

/** The stream of the application under another name, for the one that may stand for it. */
@Module({
  imports: [EventsModule],
  providers: [{ provide: APPLICATION_EVENTS, useExisting: OrchestraEvents }],
  exports: [APPLICATION_EVENTS],
})
class ApplicationEventsModule {}

/**
 * What makes an orchestra one of its own. The only one of an application speaks on the application's stream of events;
 * of several each has its own stream, and nobody may get parts of one by chance.
 */
@Module({})
export class OrchestraScopeModule implements OnModuleInit {
  readonly #modules: ModulesContainer;
  readonly #orchestra: Type;

  /** @param orchestra the module class whose instances are the orchestras. */
  static forOne(orchestra: Type): DynamicModule {
    return {
      module: OrchestraScopeModule,
      global: true,
      imports: [ApplicationEventsModule],
      providers: [
        { provide: ORCHESTRA, useValue: orchestra },
        {
          provide: OrchestraEvents,
          inject: [ModulesContainer, APPLICATION_EVENTS],
          useFactory: (modules: ModulesContainer, ofApplication: OrchestraEvents) =>
            countOf(orchestra, modules) === 1 ? ofApplication : new OrchestraEvents(),
        },
      ],
      exports: [OrchestraEvents],
    };
  }

  constructor(modules: ModulesContainer, @Inject(ORCHESTRA) orchestra: Type) {
    this.#modules = modules;
    this.#orchestra = orchestra;
  }

  /** @throws {ValidationError} listing who would have parts of one of several orchestras by chance. */
  onModuleInit(): void {
    if (countOf(this.#orchestra, this.#modules) === 1) return;
    const problems = strayConsumers([...this.#modules.values()], this.#orchestra);
    if (problems.length === 0) return;
    throw new ValidationError(
      'several OrchestraModules in one application, each for the modules that import it',
      problems,
    );
  }
}

function countOf(orchestra: Type, modules: ModulesContainer): number {
  return [...modules.values()].filter(({ metatype }) => metatype === orchestra).length;
}
