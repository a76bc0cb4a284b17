import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cachedContent, type CachedContent } from '../openapi/send-cached.js';
import { DocsUnavailableError } from './docs.errors.js';
import { INDEX_HTML, INITIALIZER_JS } from './docs.pages.js';

/** The files of Swagger UI that the page needs, and no others. */
const PACKAGE_FILES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;

const INITIALIZER = 'initializer.js';

/** What there is below `/docs/`. */
export const DOCS_FILES = [...Object.keys(PACKAGE_FILES), INITIALIZER];

/** Swagger UI as the package swagger-ui-dist brings it, read when it is first asked for and kept, some 2 MB. */
export class SwaggerUi {
  readonly #package: string;
  #files: Promise<ReadonlyMap<string, CachedContent>> | undefined;

  /** @param packageName the package to read, an optional peer. */
  constructor(packageName = 'swagger-ui-dist') {
    this.#package = packageName;
  }

  /** @throws {DocsUnavailableError} without the package. */
  async page(): Promise<CachedContent> {
    await this.#load();
    return INDEX;
  }

  /** Undefined for a name that is none of {@link DOCS_FILES}. @throws {DocsUnavailableError} without the package. */
  async file(name: string): Promise<CachedContent | undefined> {
    return (await this.#load()).get(name);
  }

  #load(): Promise<ReadonlyMap<string, CachedContent>> {
    this.#files ??= readFiles(this.#package);
    return this.#files;
  }
}

const INDEX = cachedContent('text/html; charset=utf-8', INDEX_HTML);

async function readFiles(packageName: string): Promise<ReadonlyMap<string, CachedContent>> {
  const folder = folderOf(packageName);
  const files = await Promise.all(
    Object.entries(PACKAGE_FILES).map(
      async ([name, type]) => [name, cachedContent(type, await readFile(join(folder, name)))] as const,
    ),
  );
  return new Map([...files, [INITIALIZER, cachedContent('text/javascript; charset=utf-8', INITIALIZER_JS)]]);
}

/** Not imported: its entry would define nothing but this path, and is of CommonJS. */
function folderOf(packageName: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
  } catch (error) {
    throw new DocsUnavailableError(error);
  }
}
