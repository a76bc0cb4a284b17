import type { Problem } from '#core';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says, in the shape of the configuration file, over which it wins. */
export interface EnvironmentOverrides {
  values: Record<string, unknown>;
  problems: Problem[];
}

/** The variable that sets what is found at a path of the configuration. */
const VARIABLES: readonly [path: string, variable: string][] = [
  ['http.port', 'PORT'],
  ['http.host', 'HOST'],
  ['driver', 'ORCHESTRA_DRIVER'],
  ['redis.url', 'REDIS_URL'],
  ['logLevel', 'LOG_LEVEL'],
  ['auth.apiKeys', 'ORCHESTRA_API_KEYS'],
];

/** The problem, and the variable it comes from where it is not the file's: nobody should look for it there. */
export function nameVariable({ path, message }: Problem, env: Environment): Problem {
  const [, variable] =
    VARIABLES.find(([setting]) => path === setting || path.startsWith(`${setting}[`)) ?? [];
  return variable !== undefined && env[variable]
    ? { path, message: `${message} (from ${variable})` }
    : { path, message };
}

/**
 * `PORT`, `HOST`, `ORCHESTRA_DRIVER`, `REDIS_URL`, `LOG_LEVEL` and `ORCHESTRA_API_KEYS`: `id:sha256:scope+scope`, comma-separated.
 * An empty variable counts as unset.
 */
export function readEnvironment(env: Environment): EnvironmentOverrides {
  const problems: Problem[] = [];
  const http: Record<string, unknown> = {};
  const values: Record<string, unknown> = {};
  if (env.PORT) {
    if (/^\d{1,5}$/.test(env.PORT)) http.port = Number(env.PORT);
    else problems.push({ path: 'PORT', message: 'must be a number from 0 to 65535' });
  }
  if (env.HOST) http.host = env.HOST;
  if (Object.keys(http).length > 0) values.http = http;
  if (env.ORCHESTRA_DRIVER) values.driver = env.ORCHESTRA_DRIVER;
  if (env.REDIS_URL) values.redis = { url: env.REDIS_URL };
  if (env.LOG_LEVEL) values.logLevel = env.LOG_LEVEL;
  if (env.ORCHESTRA_API_KEYS) values.auth = { apiKeys: readApiKeys(env.ORCHESTRA_API_KEYS, problems) };
  return { values, problems };
}

function readApiKeys(text: string, problems: Problem[]): unknown[] {
  return text.split(',').flatMap((entry, index) => {
    const [id, sha256, scopes, ...rest] = entry.trim().split(':');
    if (scopes === undefined || rest.length > 0) {
      // The entry itself is not shown: it may be a key that was mistaken for its digest.
      problems.push({
        path: `ORCHESTRA_API_KEYS[${index}]`,
        message: 'must look like id:sha256:scope+scope',
      });
      return [];
    }
    return [{ id, sha256, scopes: scopes.split('+') }];
  });
}
