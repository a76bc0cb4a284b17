import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { ValidationError, isPlainObject, parseShape, type Problem } from '#core';
import { YamlSource } from '../yaml/yaml-source.js';
import { configSchema, type ServiceConfig } from './config.schema.js';
import { crossCheck } from './cross-check.js';
import { nameVariable, readEnvironment } from './environment.js';

const DEFAULT_CONFIG_FILE = './orchestra.config.yaml';

export interface LoadedConfig {
  config: ServiceConfig;
  /** Null when there is no file and none was asked for. */
  file: string | null;
}

/**
 * The configuration: the file that `ORCHESTRA_CONFIG` names (YAML or JSON), then the environment over it.
 * Relative paths in the file are relative to the file.
 *
 * @throws {ValidationError} listing every problem of both.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>, cwd: string): LoadedConfig {
  const asked = env.ORCHESTRA_CONFIG;
  const file = resolve(cwd, asked || DEFAULT_CONFIG_FILE);
  const text = readConfigFile(file, Boolean(asked));
  return { config: parseConfig(text, file, env), file: text === null ? null : file };
}

/**
 * The configuration that a text makes with the environment over it; null is no text.
 *
 * @param file where it comes from.
 * @throws {ValidationError} listing every problem of both.
 */
export function parseConfig(
  text: string | null,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): ServiceConfig {
  const fromFile = text === null ? {} : resolvePaths(parseConfigText(file, text), dirname(file));
  const { values, problems } = readEnvironment(env);
  const raw = merge(fromFile, values);
  const parsed = parseShape(configSchema, raw);
  const found = [...('problems' in parsed ? parsed.problems : []), ...crossCheck(raw)];
  if ('problems' in parsed || problems.length + found.length > 0) {
    const named = found.map((problem) => nameVariable(problem, env));
    throw invalid(text === null ? 'of the environment' : file, [...problems, ...named]);
  }
  return parsed.data;
}

function readConfigFile(file: string, required: boolean): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return null;
    throw invalid(file, [
      { path: '', message: code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})` },
    ]);
  }
}

function parseConfigText(file: string, text: string): Record<string, unknown> {
  const source = new YamlSource(text);
  if (source.problems.length > 0) {
    throw invalid(
      file,
      source.problems.map(({ at, message }) => ({ path: at === null ? '' : `line ${at.line}`, message })),
    );
  }
  const value = source.value ?? {};
  if (!isPlainObject(value))
    throw invalid(file, [{ path: '', message: 'must be a mapping of keys to values' }]);
  // A section that holds nothing but comments is null in YAML.
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}

function resolvePaths(config: Record<string, unknown>, folder: string): Record<string, unknown> {
  if (!Array.isArray(config.pools)) return config;
  const absolute = (path: unknown): unknown =>
    typeof path === 'string' && !isAbsolute(path) && !path.startsWith('file:') ? resolve(folder, path) : path;
  const pools = config.pools.map((pool: unknown) => {
    if (!isPlainObject(pool)) return pool;
    if (pool.kind === 'function' || pool.kind === 'thread') return { ...pool, module: absolute(pool.module) };
    if (pool.kind === 'mcp' && pool.command !== undefined) return { ...pool, cwd: absolute(pool.cwd ?? '.') };
    return pool;
  });
  return { ...config, pools };
}

/** One level deep: the environment names single settings of a section. A section that is none stays, to be refused. */
function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const current = merged[key] ?? {};
    if (!isPlainObject(value)) merged[key] = value;
    else if (isPlainObject(current)) merged[key] = { ...current, ...value };
  }
  return merged;
}

function invalid(source: string, problems: Problem[]): ValidationError {
  return new ValidationError(`configuration ${source}`, problems);
}
