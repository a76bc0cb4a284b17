import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio';
import type { Clock } from '#core';
import type { StdioServerOptions } from './mcp-agent-options.js';

export type ServerProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** How long a server may take to end after its stdin did, and again after SIGTERM. MCP names no times. */
export const EXIT_GRACE_MS = 2_000;

/**
 * Starts an MCP server with pipes, a minimal environment and a process group of its own: what it starts (`npx` starts
 * the real server) can then be ended with it, and a Ctrl-C at our terminal does not end it while we drain.
 */
export function spawnServer({ command, args, env, cwd }: StdioServerOptions): ServerProcess {
  return spawn(command, args, {
    cwd,
    env: { ...getDefaultEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
}

/**
 * Ends a server the way MCP asks for (spec 2025-06-18, Lifecycle, Shutdown, stdio): end of its stdin, then SIGTERM, then
 * SIGKILL, {@link EXIT_GRACE_MS} apart. Resolves when it has exited; what is left of its group is killed.
 */
export async function endServer(child: ServerProcess, clock: Clock): Promise<void> {
  if (child.pid === undefined) return;
  child.stdin.end();
  if (!(await exitsWithin(child, clock, EXIT_GRACE_MS))) {
    signalGroup(child, 'SIGTERM');
    if (!(await exitsWithin(child, clock, EXIT_GRACE_MS))) {
      signalGroup(child, 'SIGKILL');
      await exited(child);
    }
  }
  reap(child);
}

/** After its exit: kills what the server left running and lets go of its pipes. */
export function reap(child: ServerProcess): void {
  signalGroup(child, 'SIGKILL');
  child.stdin.destroy();
  child.stdout.destroy();
  child.stderr.destroy();
}

function hasExited(child: ServerProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function exited(child: ServerProcess): Promise<void> {
  return new Promise((resolve) => {
    if (hasExited(child)) resolve();
    else child.once('exit', () => resolve());
  });
}

async function exitsWithin(child: ServerProcess, clock: Clock, graceMs: number): Promise<boolean> {
  const waiting = new AbortController();
  const end = exited(child).then(() => waiting.abort());
  // The timer is not unref'd: a process must not end before the servers that it started.
  const grace = clock.sleep(graceMs, { signal: waiting.signal, ref: true }).catch(() => undefined);
  await Promise.race([end, grace]);
  return hasExited(child);
}

function signalGroup(child: ServerProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // No such group any more, or a platform without groups: then there is only the child itself.
    child.kill(signal);
  }
}
