/**
 * Sources run through swc to CommonJS. Node 20's Jest cannot `require` ES modules, so the
 * ESM-only packages named here are transformed as well (`.mjs` files always are).
 */
const esmPackages = ['@nestjs/[^/]+', 'p-limit', 'yocto-queue'];

/** @type {import('jest').Config} */
const shared = {
  testEnvironment: 'node',
  // What a test waits for comes by itself; a machine that does other things as well is late with it.
  testTimeout: 15_000,
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: {
    '^#([a-z-]+(?:/plain)?)$': '<rootDir>/libs/$1/index.ts',
    '^nest-orchestra$': '<rootDir>/libs/orchestra/index.ts',
    '^nest-orchestra/([a-z-]+)$': '<rootDir>/libs/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.(ts|js|mjs)$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmPackages.join('|')})/).+\\.(js|cjs)$`],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

/** @type {import('jest').Config} */
export default {
  maxWorkers: 2,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/libs/**/*.spec.ts', '<rootDir>/src/**/*.spec.ts'],
    },
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/test/**/*.spec.ts'] },
  ],
};
