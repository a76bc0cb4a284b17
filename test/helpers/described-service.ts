import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ApiDocument, type ApiRequest } from './api-document.js';
import type { Answer } from './client.js';
import { EventReader } from './event-reader.js';
import { ROOT, type Service } from './service.js';
import { functionPool, oneStep } from './workflows.js';

const KEY = 'all-scopes-0123456789';
export const USELESS_KEY = 'no-scope-of-ours-0123456789';
export const BODY_LIMIT_BYTES = 4_096;

const apiKey = (id: string, key: string, scopes: string[]) => ({
  id,
  sha256: createHash('sha256').update(key).digest('hex'),
  scopes,
});

/** A service that asks for keys, with small limits: what the document says of it is tried on it. */
export const CONFIG = {
  http: {
    bodyLimitBytes: BODY_LIMIT_BYTES,
    keepAliveTimeoutMs: 900,
    headersTimeoutMs: 1_000,
    connectionsCheckingIntervalMs: 200,
  },
  pools: [
    // The pool of the examples, as `npm start` has it.
    {
      capability: 'analyse-file',
      kind: 'function',
      module: join(ROOT, 'examples/repository-brief/agents/analyse-file.js'),
    },
    functionPool('local', { concurrencyPerAgent: 4 }),
  ],
  auth: {
    apiKeys: [apiKey('all', KEY, ['read', 'execute', 'admin']), apiKey('none', USELESS_KEY, ['message'])],
    protectMetrics: true,
  },
};

/** A key with every scope. */
export const withKey = { 'x-api-key': KEY };
export const sleeping = oneStep('local', { do: 'sleep', ms: 30_000 });

export function send(
  service: Service,
  request: ApiRequest,
  headers: Record<string, string> = withKey,
): Promise<Answer> {
  const { method, path, body } = request;
  return service.client.send(method, path, { body, headers: { ...headers, ...request.headers } });
}

export async function submit(service: Service, workflow: unknown): Promise<string> {
  const answer = await service.client.post('/v1/executions', { workflow }, { headers: withKey });
  return answer.json.executionId as string;
}

export async function finished(service: Service, id: string): Promise<string> {
  await service.client.get(`/v1/executions/${id}?waitMs=20000`, { headers: withKey });
  return id;
}

export async function cancelled(service: Service): Promise<string> {
  const id = await submit(service, sleeping);
  await service.client.post(`/v1/executions/${id}/cancel`, undefined, { headers: withKey });
  return finished(service, id);
}

/** A stream up to its end, or to its first event if it has none: what comes then is what `meanwhile` brings about. */
export async function readStream(
  service: Service,
  { path, headers }: ApiRequest,
  meanwhile: () => Promise<unknown>,
): Promise<Answer> {
  const reader = await EventReader.open(`${service.url}${path}`, { headers: { ...withKey, ...headers } });
  const isEndless = !path.includes('/executions/');
  if (isEndless) {
    await meanwhile();
    await reader.count(1);
    reader.vanish();
  } else await reader.closed;
  return { status: reader.status, headers: reader.headers, text: reader.text, json: undefined };
}

export async function documentOf(service: Service): Promise<ApiDocument> {
  return new ApiDocument((await service.client.get('/openapi.json')).json);
}
