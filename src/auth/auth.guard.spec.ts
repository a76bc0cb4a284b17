import { createHash } from 'node:crypto';
import { Controller, Get, Logger, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import { createFastifyAdapter } from '#http';
import { ProblemsModule } from '../problems/problems.module.js';
import { AuthModule } from './auth.module.js';
import type { AuthOptions, Scope } from './auth.options.js';
import { Public, RequireScope } from './scope.decorators.js';

@Controller('guarded')
@RequireScope('read')
class GuardedController {
  @Get()
  read(): string {
    return 'read';
  }

  @Post()
  @RequireScope('execute')
  execute(): string {
    return 'executed';
  }

  @Get('open')
  @Public()
  open(): string {
    return 'open';
  }
}

@Controller('forgotten')
class ForgottenController {
  @Get()
  read(): string {
    return 'forgotten';
  }
}

const READ_KEY = 'read-key-0123456789';
const EXECUTE_KEY = 'execute-key-0123456789';

const apiKey = (id: string, key: string, scopes: Scope[]) => ({
  id,
  sha256: createHash('sha256').update(key).digest('hex'),
  scopes,
});

const OPTIONS: AuthOptions = {
  apiKeys: [apiKey('reader', READ_KEY, ['read']), apiKey('runner', EXECUTE_KEY, ['execute', 'read'])],
  protectMetrics: false,
};

describe('AuthGuard', () => {
  let app: NestFastifyApplication;

  async function start(options: AuthOptions | undefined): Promise<void> {
    const module = await Test.createTestingModule({
      imports: [ProblemsModule, AuthModule.forRoot(options)],
      controllers: [GuardedController, ForgottenController],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(await createFastifyAdapter(), {
      logger: false,
    });
    await app.init();
  }

  afterEach(() => app.close());

  const call = (method: 'GET' | 'HEAD' | 'POST', url: string, headers: Record<string, string> = {}) =>
    app.inject({ method, url, headers });

  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  describe('with keys', () => {
    beforeEach(() => start(OPTIONS));

    it.each([
      ['as a bearer token', bearer(READ_KEY)],
      ['whatever the case of the scheme', { authorization: `bEARER  ${READ_KEY} ` }],
      ['as X-API-Key', { 'x-api-key': READ_KEY }],
      ['as X-API-Key beside another scheme', { 'x-api-key': READ_KEY, authorization: 'Basic YTpi' }],
    ])('lets a key in %s', async (_how, headers) => {
      expect((await call('GET', '/guarded', headers)).body).toBe('read');
    });

    it('lets each key do what its scopes allow', async () => {
      expect((await call('POST', '/guarded', bearer(EXECUTE_KEY))).statusCode).toBe(201);
      expect((await call('GET', '/guarded', bearer(EXECUTE_KEY))).statusCode).toBe(200);
      const refused = await call('POST', '/guarded', bearer(READ_KEY));
      expect(refused.statusCode).toBe(403);
      expect(refused.json()).toMatchObject({
        code: 'FORBIDDEN',
        detail: 'the key "reader" lacks the scope execute',
      });
    });

    it.each([
      ['no key', {}],
      ['an empty key', { 'x-api-key': '' }],
      ['an unknown key', bearer('other')],
      ['the digest instead of the key', bearer(OPTIONS.apiKeys[0]!.sha256)],
      ['a key and more', bearer(`${READ_KEY} x`)],
      ['another scheme', { authorization: `Basic ${READ_KEY}` }],
    ])('answers 401 to %s', async (_what, headers) => {
      const answer = await call('GET', '/guarded', headers);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.json()).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    });

    it.each(['/guarded?x=1', '/%67uarded', '/guard%65d'])('guards %s', async (path) => {
      expect((await call('GET', path)).statusCode).toBe(401);
      expect((await call('HEAD', path)).statusCode).toBe(401);
      expect((await call('HEAD', path, bearer(READ_KEY))).statusCode).toBe(200);
    });

    it('lets everybody to a public route, with a wrong key too', async () => {
      expect((await call('GET', '/guarded/open')).body).toBe('open');
      expect((await call('GET', '/guarded/open', bearer('wrong'))).body).toBe('open');
    });

    it('lets nobody to a route that declares nothing', async () => {
      expect((await call('GET', '/forgotten')).statusCode).toBe(401);
      expect((await call('GET', '/forgotten', bearer(EXECUTE_KEY))).statusCode).toBe(403);
    });

    it('never repeats a key, in an answer or in the log', async () => {
      const written: unknown[] = [];
      const spies = (['error', 'warn', 'log', 'debug'] as const).map((level) =>
        jest
          .spyOn(Logger.prototype, level)
          .mockImplementation((...parts: unknown[]) => void written.push(...parts)),
      );
      const answers = [
        await call('POST', '/guarded', bearer(READ_KEY)),
        await call('GET', '/guarded', bearer('unknown-key')),
        await call('GET', '/forgotten', bearer(READ_KEY)),
      ];
      for (const spy of spies) spy.mockRestore();
      const text = JSON.stringify([written, answers.map(({ body, headers }) => [body, headers])]);
      expect(text).not.toContain(READ_KEY);
      expect(text).not.toContain('unknown-key');
    });

    it('lets no other key in', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ minLength: 1 }), async (key) => {
          const { statusCode } = await call('GET', '/guarded', { 'x-api-key': key });
          expect(statusCode).toBe(401);
        }),
      );
    });
  });

  it('lets everybody in everywhere when there are no keys', async () => {
    await start(undefined);
    expect((await call('POST', '/guarded')).statusCode).toBe(201);
    expect((await call('GET', '/forgotten')).statusCode).toBe(200);
  });
});
