import { Redis } from 'ioredis';

/** Counts what this process sends to Redis from now on, over whatever connection, by the names of the commands. */
export function countCommands() {
  const counts = {};
  const { sendCommand } = Redis.prototype;
  Redis.prototype.sendCommand = function counted(command, ...rest) {
    counts[command.name] = (counts[command.name] ?? 0) + 1;
    return sendCommand.call(this, command, ...rest);
  };
  return () => ({ ...counts });
}
