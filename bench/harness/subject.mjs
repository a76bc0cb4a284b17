import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROCESS = fileURLToPath(new URL('subject-process.mjs', import.meta.url));

/**
 * Starts a module of `subjects/` in a process, and so a heap, of its own; it works while one of its rounds is under way and
 * is idle otherwise. Its default export makes it of its options: `round(ms)`, which gives how often it did its work, and `close()`.
 */
export async function startSubject(name, options = {}) {
  const child = fork(PROCESS, [name, JSON.stringify(options)], { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit');
  const answer = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    if (message === null || typeof message !== 'object') throw new Error(`${name} ended with ${message}`);
    return message;
  };
  const ask = (message) => {
    const answered = answer();
    child.send(message);
    return answered;
  };
  await answer();
  return {
    /** How many a second, and how much CPU time of the whole process each of them took. */
    round: async (ms) => {
      const { done, wallMs, cpuMs } = await ask({ round: ms });
      return { perSecond: (done * 1_000) / wallMs, cpuUs: (cpuMs * 1_000) / done };
    },
    /** A round under the profiler of V8; gives where its profile is. */
    profile: async (ms) => (await ask({ profile: ms })).file,
    close: async () => {
      child.send({ close: true });
      await ended;
    },
  };
}
