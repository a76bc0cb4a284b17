import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '../src/config/load-config.js';
import { ROOT, startService, type Service } from './helpers/service.js';
import { promisedLines, runSnippet, snippetsOf, type Snippet } from './helpers/snippets.js';

const run = promisify(execFile);

const documents = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)];
const snippets = documents.filter((name) => name.endsWith('.md')).flatMap(snippetsOf);
const inLanguage = (...languages: string[]): [string, Snippet][] =>
  snippets.filter(({ language }) => languages.includes(language)).map((snippet) => [snippet.name, snippet]);
const isCurl = ({ text }: Snippet): boolean => text.startsWith('curl ');
/** Its calls are for the service that it configures: see pools-doc.spec.ts. */
const hasOwnService = ({ name }: Snippet): boolean => name.startsWith('docs/pools.md:');

describe('the code of the documentation', () => {
  it('is there', () => {
    expect(inLanguage('ts').length).toBeGreaterThan(0);
    expect(inLanguage('sh').filter(([, snippet]) => isCurl(snippet)).length).toBeGreaterThan(1);
  });

  it.each(inLanguage('ts'))('%s prints what its comments say', async (name, { text }) => {
    const { stdout, stderr } = await runSnippet(name, text);
    expect({ stderr, lines: stdout.split('\n').filter((line) => line !== '') }).toEqual({
      stderr: '',
      lines: promisedLines(text),
    });
  });

  it('has only configurations that the service takes', () => {
    const isConfig = /^"?(driver|http|dispatch|schedules|pools|auth|shutdown)"?:/m;
    for (const [name, { text }] of inLanguage('yaml', 'json').filter(([, snippet]) =>
      isConfig.test(snippet.text),
    )) {
      const folder = mkdtempSync(join(tmpdir(), 'readme-'));
      writeFileSync(join(folder, 'orchestra.config.yaml'), text);
      try {
        loadConfig({}, folder);
      } catch (error) {
        throw new Error(`${name} is refused`, { cause: error });
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
  });

  it('names commands that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const commands = inLanguage('sh').flatMap(([, { text }]) => [
      ...text.matchAll(/\bnpm (?:run )?([\w:-]+)/g),
    ]);
    const names = commands.map(([, name = '']) => name).filter((name) => !['ci', 'install'].includes(name));
    expect(names).toEqual(expect.arrayContaining(['start', 'test']));
    for (const name of names) expect(Object.keys(scripts)).toContain(name);
  });
});

describe('the calls of the documentation', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ cwd: ROOT, env: { PORT: '0' }, lifetime: 'file' });
  });

  it.each(inLanguage('sh').filter(([, snippet]) => isCurl(snippet) && !hasOwnService(snippet)))(
    '%s is answered as it says',
    async (_name, { text, next }) => {
      const command = text.replaceAll(/http:\/\/(127\.0\.0\.1|localhost):3000/g, service.url);
      expect(command).not.toBe(text);
      const { stdout } = await run('sh', ['-c', command], { cwd: ROOT, timeout: 40_000, maxBuffer: 1e8 });
      const answer = JSON.parse(stdout) as unknown;
      const expected = next?.language === 'json' ? (JSON.parse(next.text) as object) : undefined;
      // The times of a schedule are different each day.
      if (expected !== undefined && 'scheduleId' in expected) expect(answer).toMatchObject(expected);
      else if (expected !== undefined) expect(answer).toEqual(expected);
      else expect(answer).toEqual(expect.any(Object));
    },
  );
});
