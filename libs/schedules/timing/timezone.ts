/** Of a cron expression that names none. */
export const DEFAULT_TIMEZONE = 'UTC';

/** Longest name of a time zone; that of the IANA database are shorter by half. */
export const MAX_TIMEZONE_LENGTH = 64;

/** Names alone: of offsets such as `+02:00` some versions of Node know nothing. */
const NAME = /^[A-Za-z][A-Za-z0-9_+\-/]*$/;

/** Whether the IANA database, as this process has it, knows the name. */
export function isTimezone(name: string): boolean {
  if (!NAME.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
