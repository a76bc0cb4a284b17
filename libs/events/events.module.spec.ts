import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EventsModule } from './events.module.js';
import { OrchestraEvents } from './orchestra-events.js';

@Module({ imports: [EventsModule] })
class QueueSideModule {
  constructor(readonly events: OrchestraEvents) {}
}

@Module({ imports: [EventsModule] })
class PoolSideModule {
  constructor(readonly events: OrchestraEvents) {}
}

@Module({ imports: [QueueSideModule, PoolSideModule, EventsModule] })
class AppModule {
  constructor(readonly events: OrchestraEvents) {}
}

const makeApp = () => Test.createTestingModule({ imports: [AppModule] }).compile();

describe('EventsModule', () => {
  it('gives an application one stream, however many modules import it', async () => {
    const app = await makeApp();
    const { events } = app.get(AppModule);
    expect(events).toBeInstanceOf(OrchestraEvents);
    expect(app.get(QueueSideModule).events).toBe(events);
    expect(app.get(PoolSideModule).events).toBe(events);

    const listener = jest.fn();
    app.get(PoolSideModule).events.on('agent.stopped', listener);
    app.get(QueueSideModule).events.publish('agent.stopped', { agentId: 'a', capability: 'files', tasks: 0 });
    expect(listener).toHaveBeenCalledTimes(1);
    await app.close();
  });

  it('gives two applications two streams', async () => {
    const [one, other] = [await makeApp(), await makeApp()];
    const listener = jest.fn();
    one.get(AppModule).events.onAny(listener);
    other.get(AppModule).events.publish('agent.stopped', { agentId: 'a', capability: 'files', tasks: 0 });
    expect(listener).not.toHaveBeenCalled();
    await Promise.all([one.close(), other.close()]);
  });
});
