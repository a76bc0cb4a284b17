import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROCESS = fileURLToPath(new URL('subject-process.mjs', import.meta.url));

/**
 * Starts a module of `subjects/` in a process, and so a heap, of its own; it works while it is asked something and is idle
 * otherwise. Its default export makes it of its options: an object of methods, `close()` among them and, where rounds are
 * measured, `round(ms)`, which gives how often it did its work.
 */
export async function startSubject(name, options = {}) {
  const child = fork(PROCESS, [name, JSON.stringify(options)], { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit');

  async function answer() {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    if (message === null || typeof message !== 'object') throw new Error(`${name} ended with ${message}`);
    return message.value;
  }

  /** One at a time. */
  function call(method, ...args) {
    const answered = answer();
    child.send({ method, args });
    return answered;
  }

  await answer();
  return {
    call,
    /** How many a second, and how much CPU time of the whole process each of them took. */
    round: async (ms) => {
      const { done, wallMs, cpuMs } = await call('timedRound', ms);
      return { perSecond: (done * 1_000) / wallMs, cpuUs: (cpuMs * 1_000) / done };
    },
    /** Does `work` with the process under the profiler of V8; gives where the profile is. */
    profiled: async (work) => {
      await call('startProfile');
      await work();
      return call('stopProfile');
    },
    close: async () => {
      child.send({ method: 'close', args: [] });
      await ended;
    },
    /** Without a word: for one that has work left which nobody waits for. */
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Starts several, by what they stand for: `[name, options]` of each. */
export async function startSubjects(table) {
  const entries = Object.entries(table).map(async ([what, [name, options]]) => [
    what,
    await startSubject(name, options),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

export async function closeAll(subjects) {
  await Promise.all(Object.values(subjects).map((subject) => subject.close()));
}
