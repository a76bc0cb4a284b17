import { importPackage } from './optional-package.js';

describe('importPackage', () => {
  const failing = (code: string, message: string) => () =>
    Promise.reject(Object.assign(new Error(message), { code }));

  it('gives what was loaded', async () => {
    await expect(importPackage('x', () => Promise.resolve({ a: 1 }))).resolves.toEqual({ a: 1 });
  });

  it.each([
    ['ERR_MODULE_NOT_FOUND', "Cannot find package 'piscina' imported from /app/agent.js"],
    ['MODULE_NOT_FOUND', "Cannot find module 'piscina'\nRequire stack:\n- /app/agent.js"],
  ])('says what to install: %s', async (code, message) => {
    await expect(importPackage('piscina', failing(code, message))).rejects.toMatchObject({
      code: 'AGENT_PACKAGE_MISSING',
      message: 'there is no package piscina: npm install piscina',
      retryable: false,
      details: { package: 'piscina' },
    });
  });

  it.each([
    ['MODULE_NOT_FOUND', "Cannot find module 'left-pad'"],
    ['ERR_REQUIRE_ESM', "require() of 'piscina'"],
  ])('passes on what else goes wrong: %s %s', async (code, message) => {
    await expect(importPackage('piscina', failing(code, message))).rejects.toMatchObject({ code, message });
  });
});
