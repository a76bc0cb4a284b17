/** How many submits a second the service takes over HTTP, and does, beside a bare Nest application that echoes them. */
import { Pool } from 'undici';
import { profile, quick } from './harness/options.mjs';
import { workflowOf } from './harness/orchestra.mjs';
import { printProfile } from './harness/profile.mjs';
import { report } from './harness/report.mjs';
import { interleave, keepInFlight, ratios } from './harness/rounds.mjs';
import { closeAll, startSubjects } from './harness/subject.mjs';

const CONNECTIONS = 64;
const BODY_BYTES = 1_024;

const SERVICE = 'POST /v1/executions, and its work';
const ECHO = 'echo of the same body';
/** Nothing is refused: what waits is done before a round is over. */
const SERVERS = { [SERVICE]: ['service', { maxQueueDepth: 1_000_000 }], [ECHO]: ['echo', {}] };

const plan = quick
  ? { rounds: 2, warmUpRounds: 1, roundMs: 200 }
  : { rounds: 9, warmUpRounds: 3, roundMs: 2_000 };

const request = {
  method: 'POST',
  path: '/v1/executions',
  headers: { 'content-type': 'application/json' },
  body: bodyOf(BODY_BYTES),
};

function bodyOf(bytes) {
  const body = (text) => JSON.stringify({ workflow: workflowOf(1), input: { text } });
  return body('.'.repeat(bytes - body('').length));
}

/** A server with a client of its own, one request a connection at once. */
async function contestant(server) {
  const client = new Pool(await server.call('url'), { connections: CONNECTIONS, pipelining: 1 });
  const once = async () => {
    const { statusCode, body } = await client.request(request);
    await body.dump();
    if (statusCode !== 202) throw new Error(`a request was answered ${statusCode}`);
  };
  return {
    async round(ms) {
      const cpuBefore = await server.call('cpuMs');
      const begun = performance.now();
      const done = await keepInFlight(CONNECTIONS, ms, once);
      await server.call('settled');
      const seconds = (performance.now() - begun) / 1_000;
      return {
        perSecond: done / seconds,
        cpuUs: (((await server.call('cpuMs')) - cpuBefore) * 1_000) / done,
      };
    },
    close: () => client.close(),
  };
}

async function compare(contestants) {
  const results = await interleave(contestants, plan);
  const values = (what, key) => results[what].map((round) => round[key]);
  const names = Object.keys(results);
  report(
    `Requests a second (${CONNECTIONS} connections, ${BODY_BYTES} B each)`,
    [
      ...names.map((what) => ({ what, unit: '/s', values: values(what, 'perSecond') })),
      {
        what: 'the service / the echo',
        unit: 'x',
        values: ratios(values(SERVICE, 'perSecond'), values(ECHO, 'perSecond')),
        atLeast: 0.45,
      },
      // Without what the client costs, which is more of the time of an echo.
      {
        what: 'the same by CPU time of the servers',
        unit: 'x',
        values: ratios(values(ECHO, 'cpuUs'), values(SERVICE, 'cpuUs')),
      },
      ...names.map((what) => ({
        what: `${what}: CPU time of the server`,
        unit: 'µs',
        values: values(what, 'cpuUs'),
      })),
    ],
    { quick },
  );
}

async function profileService(service, { round }) {
  for (let i = 0; i < plan.warmUpRounds; i++) await round(plan.roundMs);
  printProfile(SERVICE, await service.profiled(() => round(plan.roundMs * 3)));
}

const servers = await startSubjects(SERVERS);
const contestants = {};
for (const [what, server] of Object.entries(servers)) contestants[what] = await contestant(server);
await (profile ? profileService(servers[SERVICE], contestants[SERVICE]) : compare(contestants));
await Promise.all(Object.values(contestants).map((each) => each.close()));
await closeAll(servers);
