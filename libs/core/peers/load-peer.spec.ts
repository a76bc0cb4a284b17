import { loadPeer } from './load-peer.js';

const notFound = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe('loadPeer', () => {
  it('gives what is loaded', async () => {
    await expect(loadPeer('zod', () => import('zod'))).resolves.toHaveProperty('z');
  });

  it.each([
    ['import()', 'ERR_MODULE_NOT_FOUND', "Cannot find package 'undici' imported from /app/index.js"],
    ['require()', 'MODULE_NOT_FOUND', "Cannot find module 'undici'\nRequire stack:\n- /app/index.js"],
    ['a sub-path', 'MODULE_NOT_FOUND', "Cannot find module 'undici/lib/web'"],
  ])('names the package to install when it is missing: %s', async (_how, code, message) => {
    const cause = notFound(code, message);
    await expect(loadPeer('undici', () => Promise.reject(cause))).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: 'not installed: undici. Install what this needs: npm install undici',
      details: { packages: ['undici'] },
      retryable: false,
      cause,
    });
  });

  it('names all packages that are installed together', async () => {
    const cause = notFound('MODULE_NOT_FOUND', "Cannot find module 'prom-client'");
    const loading = loadPeer(['prom-client', '@willsoto/nestjs-prometheus'], () => Promise.reject(cause));
    await expect(loading).rejects.toThrow('npm install prom-client @willsoto/nestjs-prometheus');
  });

  it.each([
    [
      'the package lacks something itself',
      notFound('ERR_MODULE_NOT_FOUND', "Cannot find package 'b' imported from /node_modules/a/index.js"),
    ],
    [
      'the importer is in a folder of that name',
      notFound('ERR_MODULE_NOT_FOUND', "Cannot find package 'b' imported from '/home/a/index.js'"),
    ],
    ['the package throws', new Error("module 'a' is broken")],
    ['the package throws no error', 'a'],
  ])('hands on any other failure as it is: %s', async (_why, failure) => {
    await expect(loadPeer('a', () => Promise.reject(failure as Error))).rejects.toBe(failure);
  });
});
