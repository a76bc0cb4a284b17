/**
 * What each sub-path and command needs beside the package and its required peers, by what it is used for: what package:check installs,
 * and what the table of docs/embedding.md says.
 */
const metrics = ['prom-client', '@willsoto/nestjs-prometheus'];
const redis = ['@nestjs/bullmq', 'bullmq', 'ioredis'];
const service = ['@nestjs/platform-fastify', '@nestjs/terminus', ...metrics];

export const USES = [
  {
    paths: ['', '/orchestra'],
    what: '`OrchestraModule` with `metrics: false`, `@Agent()` providers, function agents',
    peers: [],
    programs: ['root', 'orchestra'],
  },
  {
    paths: ['', '/orchestra'],
    what: 'its metrics, on by default',
    peers: metrics,
    programs: ['root-metrics'],
  },
  {
    paths: ['/core', '/events', '/queue', '/state', '/agent-pool', '/dispatch', '/schedules', '/testing'],
    what: 'everything',
    peers: [],
    programs: ['core', 'events', 'queue', 'state', 'agent-pool', 'dispatch', 'schedules', 'testing'],
  },
  {
    paths: ['', '/orchestra'],
    what: '`driver: bullmq`',
    peers: redis,
    programs: ['root-redis'],
  },
  {
    paths: ['/queue', '/state'],
    what: '`driver: bullmq`',
    peers: ['bullmq', 'ioredis'],
    programs: ['queue-redis', 'state-redis'],
  },
  { paths: ['/redis'], what: 'everything', peers: ['ioredis'], programs: ['redis'] },
  { paths: ['/agents'], what: 'function agents', peers: [], programs: ['agents'] },
  { paths: ['', '/agents'], what: 'http agents', peers: ['undici'], programs: ['root-http'] },
  {
    paths: ['', '/agents'],
    what: 'mcp agents; `undici` too for servers behind a `url`',
    peers: ['@modelcontextprotocol/client'],
    programs: ['root-mcp'],
  },
  {
    paths: ['', '/agents'],
    what: 'thread agents',
    peers: ['piscina'],
    programs: ['root-thread'],
  },
  { paths: ['/metrics'], what: 'everything', peers: metrics, programs: ['metrics'] },
  { paths: ['/http'], what: 'its options and problems', peers: [], programs: ['http'] },
  { paths: ['/http'], what: '`HttpClient`', peers: ['undici'], programs: ['http-client'] },
  {
    paths: ['/http'],
    what: '`createFastifyAdapter`',
    peers: ['@nestjs/platform-fastify'],
    programs: ['http-server'],
  },
  {
    commands: ['orchestra'],
    what: 'every command but `queues` and `serve`',
    peers: [],
    check: 'run',
  },
  {
    commands: ['orchestra queues'],
    what: 'queue and executions on Redis',
    peers: ['bullmq', 'ioredis'],
    check: 'queues',
  },
  {
    commands: ['orchestra serve'],
    what: 'the service',
    peers: service,
    check: 'serve',
  },
  {
    commands: ['orchestra serve'],
    what: 'the service on Redis',
    peers: [...service, ...redis, '@nestjs/schedule'],
    check: 'serveOnRedis',
  },
];

const quoted = (names) => names.map((name) => `\`${name}\``).join(', ');

/** The rows of the table of docs/embedding.md, cells only. */
export function tableRows(packageName) {
  return USES.map(({ paths = [], commands = [], what, peers }) => [
    quoted([...paths.map((path) => `${packageName}${path}`), ...commands]),
    what,
    quoted(peers) || 'nothing more',
  ]);
}

/** The rows of a Markdown table that names sub-paths or commands, cells only, however they are aligned. */
export function rowsIn(markdown, packageName) {
  const starts = [`| \`${packageName}`, '| `orchestra'];
  const lines = markdown.split('\n').filter((line) => starts.some((start) => line.startsWith(start)));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
