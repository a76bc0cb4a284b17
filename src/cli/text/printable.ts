/**
 * What a terminal may take for a command or that changes how the rest of a line reads: control characters (C1 too: one
 * of them begins an escape sequence as ESC [ does), half pairs, line separators, changes of direction, byte order marks.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** The text on one line, safe to show: what comes from a workflow, an agent or a server may hold anything. */
export function printable(text: string): string {
  return text.replace(/[\t\n\r]+/g, ' ').replace(UNPRINTABLE, escape);
}

/** The same for a text of several lines, which keeps its lines and tabs. */
export function printableLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(UNPRINTABLE, (character) =>
      character === '\n' || character === '\t' ? character : escape(character),
    );
}

/** JSON that is safe to show, and still the same JSON. */
export function printableJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(UNPRINTABLE, (character) =>
    character === '\n' ? character : escape(character),
  );
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
