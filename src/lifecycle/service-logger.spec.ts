import { ServiceLogger, type ServiceLogLevel } from './service-logger.js';

// These tests may be run in a terminal, too.
jest.mock('node:tty', () => ({ isatty: () => false }));

describe('ServiceLogger', () => {
  let stdout: string[];
  let stderr: string[];

  beforeEach(() => {
    [stdout, stderr] = [[], []];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => stdout.push(String(text)) > 0);
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
  });
  afterEach(() => jest.restoreAllMocks());

  const output = (): string => [...stdout, ...stderr].join('');

  it.each<[ServiceLogLevel, string[]]>([
    ['error', ['a fatal', 'an error']],
    ['warn', ['a fatal', 'an error', 'a warning']],
    ['info', ['a fatal', 'an error', 'a warning', 'a line']],
    ['debug', ['a fatal', 'an error', 'a warning', 'a line', 'a detail', 'a trifle']],
  ])('at %s writes %j', (level, expected) => {
    const logger = new ServiceLogger(level);
    logger.fatal('a fatal', 'Pool');
    logger.error('an error', undefined, 'Pool');
    logger.warn('a warning', 'Pool');
    logger.log('a line', 'Pool');
    logger.debug('a detail', 'Pool');
    logger.verbose('a trifle', 'Pool');
    const written = output().match(/an? (fatal|error|warning|line|detail|trifle)/g);
    expect(written?.sort()).toEqual([...expected].sort());
  });

  it('names the service and the context', () => {
    new ServiceLogger('info').log('drained', 'Shutdown');
    expect(stdout.join('')).toMatch(/^\[orchestra\] .*LOG.*\[Shutdown\].*drained/);
  });

  it.each(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication'])(
    'leaves out what %s tells about the start, its errors too, unless it is asked for',
    (context) => {
      const info = new ServiceLogger('info');
      info.log('mapped', context);
      info.error('cannot start', 'the stack', context);
      expect(output()).toBe('');
      info.warn('deprecated', context);
      expect(output()).toContain('deprecated');
      const debug = new ServiceLogger('debug');
      debug.log('mapped', context);
      debug.error('cannot start', 'the stack', context);
      expect(output()).toContain('mapped');
      expect(output()).toContain('cannot start');
    },
  );

  it('shows errors of everybody else with their stacks, on stderr', () => {
    const error = new Error('broken');
    new ServiceLogger('error').error('a listener threw', error, 'OrchestraEvents');
    expect(stderr.join('')).toContain('a listener threw');
    expect(stderr.join('')).toMatch(/Error: broken\n\s+at /);
    expect(stdout).toEqual([]);
  });

  it('writes no colours where nobody looks', () => {
    new ServiceLogger('info').warn('plain', 'Pool');
    expect(output()).not.toContain('\u001b[');
  });
});
