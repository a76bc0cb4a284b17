import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Clock } from './clock.js';
import { ClockModule } from './clock.module.js';
import { ManualClock } from './manual-clock.js';
import { SystemClock } from './system-clock.js';

@Module({ imports: [ClockModule] })
class OneModule {
  constructor(readonly clock: Clock) {}
}

@Module({ imports: [ClockModule] })
class OtherModule {
  constructor(readonly clock: Clock) {}
}

describe('ClockModule', () => {
  it('provides the one system clock to whoever imports it', async () => {
    const app = await Test.createTestingModule({ imports: [OneModule, OtherModule] }).compile();
    const { clock } = app.get(OneModule);
    expect(clock).toBeInstanceOf(SystemClock);
    expect(app.get(OtherModule).clock).toBe(clock);
    await app.close();
  });

  it('lets a test take the place of the clock', async () => {
    const clock = new ManualClock();
    const app = await Test.createTestingModule({ imports: [OneModule] })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    expect(app.get(OneModule).clock).toBe(clock);
    await app.close();
  });
});
