import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from '#agent-pool';
import { SystemClock, ValidationError, parseOptions } from '#core';
import { HttpClient, httpClientOptionsSchema } from '#http';
import { makeContext, makeTask, rejection } from '../testing/make-task.js';
import { McpAgentFactory } from './mcp-agent.factory.js';

const SERVER = require.resolve('@modelcontextprotocol/server-filesystem/dist/index.js');

describe('an mcp agent of the reference filesystem server', () => {
  const clock = new SystemClock();
  const client = new HttpClient(parseOptions(httpClientOptionsSchema, {}, 'options'), clock);
  const { signal } = new AbortController();
  let folder: string;
  let agent: Agent;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mcp-agent-')));
    await writeFile(join(folder, 'README.md'), '# Grüße\n');
    agent = await new McpAgentFactory(
      { command: process.execPath, args: [SERVER, folder] },
      client,
      clock,
    ).create(signal);
  });

  afterAll(async () => {
    await agent.dispose();
    await client.close();
    await rm(folder, { recursive: true });
  });

  function run(tool: string, path: string): Promise<unknown> {
    return agent.execute(makeTask({ input: { tool, arguments: { path } } }), makeContext());
  }

  it('reads a file', async () => {
    await expect(run('read_text_file', join(folder, 'README.md'))).resolves.toEqual({ content: '# Grüße\n' });
  });

  it('fails for good on a file outside of its folder', async () => {
    const error = await rejection(run('read_text_file', '/etc/hostname'));
    expect(error).toMatchObject({ code: 'AGENT_TOOL_ERROR', retryable: false });
    expect(error.message).toContain('Access denied');
  });

  it('fails for good on a tool that it does not have', async () => {
    const error = await rejection(run('format_disk', folder));
    expect(error).toMatchObject({ code: 'AGENT_TOOL_ERROR', retryable: false });
    expect(error.message).toContain('format_disk');
  });

  it('pings', async () => {
    await agent.ping(signal);
  });

  it('is not made once its signal is aborted', async () => {
    const reason = new Error('stopping');
    const factory = new McpAgentFactory({ command: process.execPath, args: [SERVER, folder] }, client, clock);
    await expect(factory.create(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it.each([
    {},
    { command: 'x', url: 'http://h/' },
    { command: 'a\0b' },
    { url: 'http://u:p@h/' },
    { url: 'ws://h/' },
  ])('refuses the options %j', (options) => {
    expect(() => new McpAgentFactory(options as never, client, clock)).toThrow(ValidationError);
  });
});
