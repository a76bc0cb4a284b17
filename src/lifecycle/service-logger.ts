import { isatty } from 'node:tty';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';

export type ServiceLogLevel = 'error' | 'warn' | 'info' | 'debug';

const LEVELS: Record<ServiceLogLevel, LogLevel[]> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'],
};

/** What Nest tells about its own start, a line a route and a module: of use to those who debug it. */
const START_UP_CONTEXTS: ReadonlySet<unknown> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
  'ExceptionHandler',
]);

/** Nest's logger, without colours where nobody looks, and without its start-up lines unless they are asked for. */
export class ServiceLogger extends ConsoleLogger {
  readonly #level: ServiceLogLevel;

  constructor(level: ServiceLogLevel) {
    super({ prefix: 'orchestra', logLevels: LEVELS[level], colors: isatty(1) });
    this.#level = level;
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (this.#level === 'debug' || !START_UP_CONTEXTS.has(rest.at(-1))) super.log(message, ...rest);
  }

  /** What stops the start is thrown as well, and told by whoever started it. */
  override error(message: unknown, ...rest: unknown[]): void {
    if (this.#level === 'debug' || !START_UP_CONTEXTS.has(rest.at(-1))) super.error(message, ...rest);
  }
}
