import { readItems, type ApiDocument, type ApiOperation, type Json } from './helpers/api-document.js';
import {
  cancelled,
  CONFIG,
  documentOf,
  finished,
  readStream,
  send,
  sleeping,
  submit,
} from './helpers/described-service.js';
import { startService, type Service } from './helpers/service.js';
import { oneStep } from './helpers/workflows.js';

describe('the OpenAPI document', () => {
  let service: Service;
  let api: ApiDocument;
  let operations: ApiOperation[];

  beforeAll(async () => {
    service = await startService({ lifetime: 'file', config: CONFIG });
    api = await documentOf(service);
    operations = api.operations;
  });

  describe('is sound', () => {
    it('is OpenAPI 3.1 with the name and version of the package', async () => {
      const { name, version } = (await service.client.get('/info')).json;
      expect(api.json.openapi).toMatch(/^3\.1\.\d+$/);
      expect(api.json.info).toMatchObject({ title: name, version });
      expect(operations.length).toBeGreaterThan(15);
    });

    it('has an id, a summary, a scope or none, and an example for every operation', () => {
      const ids = operations.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const tags = api.json.tags.map(({ name }: { name: string }) => name);
      for (const operation of operations) {
        const { summary, tags: own, security, 'x-required-scope': scope, parameters } = operation.object;
        expect(summary).toEqual(expect.any(String));
        expect(tags).toEqual(expect.arrayContaining(own));
        expect(security).toEqual(scope === undefined ? [] : [{ bearer: [scope] }, { apiKey: [scope] }]);
        expect(api.examplesOf(operation)).not.toEqual([]);
        const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const declared = parameters.filter(({ in: location }: { in: string }) => location === 'path');
        expect(declared.map(({ name }: { name: string }) => name)).toEqual(inPath);
        for (const { required, description } of parameters) {
          expect(typeof required).toBe('boolean');
          expect(description).toEqual(expect.any(String));
        }
      }
    });

    it('has no reference that leads nowhere, and no component that nothing refers to', () => {
      const used = new Set<string>();
      const walk = (value: unknown): void => {
        if (typeof value !== 'object' || value === null) return;
        if ('$ref' in value && typeof value.$ref === 'string') {
          api.resolve(value);
          used.add(value.$ref);
        }
        Object.values(value).forEach(walk);
      };
      walk(api.json);
      for (const kind of ['schemas', 'responses', 'examples'])
        for (const name of Object.keys(api.json.components[kind]))
          expect(used).toContain(`#/components/${kind}/${name}`);
    });

    it('has only schemas that say something, in JSON Schema 2020-12', () => {
      const silent: string[] = [];
      const walk = (schema: Record<string, unknown>, path: string): void => {
        api.check(schema, null, { closed: false });
        const says = ['type', '$ref', 'anyOf', 'enum', 'const'].some((keyword) => keyword in schema);
        if (!says) silent.push(path);
        for (const [name, property] of Object.entries(schema.properties ?? {}))
          walk(property as Record<string, unknown>, `${path}.${name}`);
        if (typeof schema.items === 'object') walk(schema.items as Record<string, unknown>, `${path}[]`);
      };
      for (const [name, schema] of Object.entries(api.json.components.schemas))
        walk(schema as Record<string, unknown>, name);
      for (const { id, object } of operations) {
        for (const { name, schema } of object.parameters) walk(schema, `${id}.${name}`);
        for (const content of [object.requestBody, ...Object.values<Json>(object.responses)])
          for (const { schema } of Object.values<Json>(content?.content ?? {}))
            if (schema !== undefined) walk(schema, id);
      }
      expect(silent).toEqual([]);
    });

    it('has only examples that its own schemas take', () => {
      const wrong: string[] = [];
      const check = (what: string, schema: unknown, examples: object = {}): void => {
        for (const [name, example] of Object.entries(examples)) {
          const problems = schema === undefined ? [] : api.check(schema, api.resolve(example).value);
          if (problems.length > 0) wrong.push(`${what} ${name}: ${problems.join('; ')}`);
        }
      };
      for (const { id, object } of operations) {
        for (const { name, schema, examples } of object.parameters) check(`${id} ${name}`, schema, examples);
        for (const [status, { content = {} }] of Object.entries<Json>({
          body: object.requestBody ?? {},
          ...object.responses,
        }))
          for (const { schema, examples } of Object.values<Json>(content))
            check(`${id} ${status}`, schema, examples);
      }
      expect(wrong).toEqual([]);
    });

    it('shows no keys where the service asks for none', async () => {
      const open = await startService();
      const { json } = await documentOf(open);
      expect(json.components.securitySchemes).toBeUndefined();
      expect(json.paths['/v1/executions'].post).toMatchObject({ 'x-required-scope': 'execute' });
      expect(json.paths['/v1/executions'].post.security).toBeUndefined();
      expect(Object.keys(json.paths['/v1/executions'].post.responses)).not.toContain('401');
    });
  });

  it('is right about every example: the service answers it as documented', async () => {
    let accepted = '';
    const executionFor: Record<string, () => Promise<string> | string> = {
      getExecution: () => accepted,
      cancelExecution: () => submit(service, sleeping),
      retryExecution: () => cancelled(service),
      streamExecutionEvents: () => finished(service, accepted),
    };
    let position = '';
    const wrong: string[] = [];
    let submitted = 0;
    for (const operation of operations) {
      for (const { name, status } of api.examplesOf(operation)) {
        const id = await executionFor[operation.id]?.();
        const request = api.requestOf(operation, name, id === undefined ? {} : { id });
        const isStream = operation.object.responses[status].content?.['text/event-stream'] !== undefined;
        // No example knows a position of this store.
        if (id !== undefined && 'Last-Event-ID' in request.headers)
          request.headers['Last-Event-ID'] = position;
        const answer = isStream
          ? await readStream(service, request, () => submit(service, oneStep('local')))
          : await send(service, request);
        if (isStream) {
          const items = readItems(answer.text);
          expect(items).not.toEqual([]);
          position = items[0]!.id!;
        }
        if (operation.id === 'submitExecution') accepted = answer.json.executionId;
        const problems = api.undocumented(operation, answer);
        if (answer.status !== status) problems.push(`status ${answer.status}: ${answer.text}`);
        if (problems.length > 0) wrong.push(`${operation.id} ${name}: ${problems.join('; ')}`);
        submitted++;
      }
    }
    expect(wrong).toEqual([]);
    expect(submitted).toBeGreaterThanOrEqual(operations.length);
  });
});
