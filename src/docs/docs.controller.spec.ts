import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Test } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createFastifyAdapter } from '#http';
import { ProblemsModule } from '../problems/problems.module.js';
import { DocsModule } from './docs.module.js';
import { DOCS_FILES, SwaggerUi } from './swagger-ui.js';

const PACKAGE = dirname(require.resolve('swagger-ui-dist/package.json'));

const notInstalled = (): never => {
  throw new Error('Cannot find module');
};

describe('DocsController', () => {
  let app: NestFastifyApplication;

  async function start(swaggerUi = new SwaggerUi()): Promise<void> {
    const module = await Test.createTestingModule({ imports: [ProblemsModule, DocsModule] })
      .overrideProvider(SwaggerUi)
      .useValue(swaggerUi)
      .compile();
    app = module.createNestApplication<NestFastifyApplication>(await createFastifyAdapter(), {
      logger: false,
    });
    await app.init();
  }

  afterEach(() => app.close());

  const get = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'GET', url, headers });

  describe('with Swagger UI', () => {
    beforeEach(() => start());

    it('serves a page that needs nothing from elsewhere and runs no script of its own', async () => {
      const { statusCode, headers, body } = await get('/docs');
      expect(statusCode).toBe(200);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(body).not.toMatch(/<script>|<style|style=|onload=|https?:/);
    });

    it('serves every file that the page names, and no others', async () => {
      const { body } = await get('/docs');
      const named = [...body.matchAll(/(?:src|href)="docs\/([^"]+)"/g)].map(([, name]) => name);
      expect(named.sort()).toEqual([...DOCS_FILES].sort());
      for (const name of DOCS_FILES) expect((await get(`/docs/${name}`)).statusCode).toBe(200);
    });

    it.each([
      ['swagger-ui.css', 'text/css; charset=utf-8'],
      ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
      ['favicon-32x32.png', 'image/png'],
    ])('serves %s of the package as %s', async (name, type) => {
      const { headers, rawPayload } = await get(`/docs/${name}`);
      expect(headers).toMatchObject({ 'content-type': type, 'x-content-type-options': 'nosniff' });
      expect(rawPayload.equals(readFileSync(join(PACKAGE, name)))).toBe(true);
    });

    it('has the page read the document of this service', async () => {
      expect((await get('/docs/initializer.js')).body).toContain("url: 'openapi.json'");
    });

    it('sends nothing again to a client that has it', async () => {
      for (const url of ['/docs', '/docs/swagger-ui.css']) {
        const { headers } = await get(url);
        expect(headers['cache-control']).toBe('no-cache');
        const etag = String(headers.etag);
        for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
          const again = await get(url, { 'if-none-match': known });
          expect([again.statusCode, again.body]).toEqual([304, '']);
        }
        expect((await get(url, { 'if-none-match': '"other"' })).statusCode).toBe(200);
      }
    });

    it.each([
      'package.json',
      'index.html',
      'swagger-ui.css.map',
      '..%2fpackage.json',
      '..%5cpackage.json',
      '%2e%2e',
      'toString',
      '__proto__',
      'swagger-ui.css%2f..%2fpackage.json',
    ])('has no file %s', async (name) => {
      const answer = await get(`/docs/${name}`);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    });
  });

  it('reads the files again after they could not be read', async () => {
    const manifest = jest
      .fn(() => join(PACKAGE, 'package.json'))
      .mockReturnValueOnce('/nowhere/swagger-ui-dist/package.json');
    await start(new SwaggerUi(manifest));
    expect((await get('/docs')).statusCode).toBe(500);
    expect((await get('/docs')).statusCode).toBe(200);
  });

  it.each(['/docs', '/docs/swagger-ui.css'])(
    'says at %s what is missing without the package',
    async (url) => {
      await start(new SwaggerUi(notInstalled));
      const answer = await get(url);
      expect(answer.statusCode).toBe(501);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.json()).toMatchObject({
        code: 'DOCS_UNAVAILABLE',
        detail: expect.stringContaining('swagger-ui-dist is not installed'),
      });
    },
  );
});
