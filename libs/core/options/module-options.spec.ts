import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { z } from 'zod';
import { ValidationError } from '../errors/validation-error.js';
import { defineModuleOptions } from './module-options.js';

const OPTIONS = Symbol('options');
const schema = z.strictObject({ name: z.string().min(2), times: z.int().default(3) });
const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions('Greeting', schema, OPTIONS);

@Module({ providers: [optionsProvider], exports: [OPTIONS] })
class GreetingModule extends ConfigurableModuleClass {}

@Injectable()
class Guest {
  constructor(@Inject(OPTIONS) readonly options: z.output<typeof schema>) {}
}

/** Does not import the module itself: what is global is there all the same. */
@Module({ providers: [Guest] })
class GuestModule {}

describe('defineModuleOptions', () => {
  it('gives parsed options to the whole application', async () => {
    const imports = [GreetingModule.forRoot({ name: 'Ada' }), GuestModule];
    const app = await Test.createTestingModule({ imports }).compile();
    expect(app.get(Guest, { strict: false }).options).toEqual({ name: 'Ada', times: 3 });
    await app.close();
  });

  it('parses what a factory gives in the same way', async () => {
    const imports = [
      GreetingModule.forRootAsync({ useFactory: () => ({ name: 'Ada', times: 1 }) }),
      GuestModule,
    ];
    const app = await Test.createTestingModule({ imports }).compile();
    expect(app.get(Guest, { strict: false }).options).toEqual({ name: 'Ada', times: 1 });
    await app.close();
  });

  it.each([
    ['forRoot', (options: never) => GreetingModule.forRoot(options)],
    ['forRootAsync', (options: never) => GreetingModule.forRootAsync({ useFactory: () => options })],
  ])('refuses bad options of %s with every problem', async (_name, register) => {
    const starting = Test.createTestingModule({
      imports: [register({ name: 'x', more: 1 } as never)],
    }).compile();
    await expect(starting).rejects.toThrow(ValidationError);
    await expect(starting).rejects.toThrow(/GreetingModule options: 2 problem/);
  });
});
