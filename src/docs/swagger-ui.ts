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
  readonly #manifest: () => string;
  #files: Promise<ReadonlyMap<string, CachedContent>> | undefined;

  /** @param manifest where the package is: the path of its package.json. */
  constructor(manifest = () => createRequire(import.meta.url).resolve('swagger-ui-dist/package.json')) {
    this.#manifest = manifest;
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
    this.#files ??= readFiles(this.#manifest).catch((error: unknown) => {
      // A file that cannot be opened now, when too many are, can be later.
      this.#files = undefined;
      throw error;
    });
    return this.#files;
  }
}

const INDEX = cachedContent('text/html; charset=utf-8', INDEX_HTML);

async function readFiles(manifest: () => string): Promise<ReadonlyMap<string, CachedContent>> {
  const folder = folderOf(manifest);
  const files = await Promise.all(
    Object.entries(PACKAGE_FILES).map(
      async ([name, type]) => [name, cachedContent(type, await readFile(join(folder, name)))] as const,
    ),
  );
  return new Map([...files, [INITIALIZER, cachedContent('text/javascript; charset=utf-8', INITIALIZER_JS)]]);
}

/** Not imported: its entry would define nothing but this path, and is of CommonJS. */
function folderOf(manifest: () => string): string {
  try {
    return dirname(manifest());
  } catch (error) {
    throw new DocsUnavailableError(error);
  }
}
