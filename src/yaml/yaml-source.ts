import { LineCounter, isCollection, isMap, isNode, isPair, parseDocument, type Document } from 'yaml';
import { messageOf } from '#core';

/** How many values the aliases of a YAML file may stand for. */
const MAX_ALIASES = 100;

/** How many problems of one text are listed: brackets that are never closed have one each. */
const MAX_PROBLEMS = 100;

/** Where something stands in a text; both count from 1. */
export interface Position {
  line: number;
  column: number;
}

/** What keeps a text from being read. It shows nothing of the text, which may hold a secret. */
export interface SyntaxProblem {
  /** Null where it is about the whole. */
  at: Position | null;
  message: string;
}

const START: Position = { line: 1, column: 1 };

/** A text in YAML, read: its value and where each part of it stands. JSON is YAML 1.2, so one parser reads both. */
export class YamlSource {
  /** None when the text is sound. */
  readonly problems: readonly SyntaxProblem[];
  /** What the text says; undefined when it cannot be read. */
  readonly value: unknown;
  readonly #lines = new LineCounter();
  readonly #document: Document | undefined;

  constructor(text: string) {
    try {
      this.#document = parseDocument(text, { uniqueKeys: true, lineCounter: this.#lines });
      const { errors, warnings } = this.#document;
      // Of a tag that nobody knows, what it says would be dropped.
      this.problems = [...errors, ...warnings].slice(0, MAX_PROBLEMS).map(({ message, pos }) => ({
        at: this.#at(pos[0]),
        message: firstLine(message),
      }));
      if (this.problems.length === 0) this.value = this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      // Nested too deep for the parser, an alias of nothing, or a few that stand for millions of values.
      this.problems = [{ at: null, message: messageOf(error) }];
    }
  }

  /** Where the value at that path stands; where it is missing, what should hold it. */
  positionOf(path: readonly (string | number)[]): Position {
    let node: unknown = this.#document?.contents;
    let offset = startOf(node);
    for (const part of path) {
      if (!isCollection(node)) break;
      const pair: unknown = isMap(node) ? node.items.find(({ key }) => keyOf(key) === part) : undefined;
      const next: unknown = isPair(pair) ? (pair.value ?? pair.key) : node.get(part, true);
      // An unknown key is told where the key stands, and so is a value that an empty line leaves out.
      const start = isPair(pair) ? startOf(pair.key) : startOf(next);
      if (start === undefined) break;
      offset = start;
      node = next;
    }
    return offset === undefined ? START : this.#at(offset);
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return line === 0 ? START : { line, column: col };
  }
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function keyOf(key: unknown): string {
  return String(isNode(key) ? key.toJSON() : key);
}

function firstLine(message: string): string {
  const [what = ''] = message.split('\n', 1);
  return what.replace(/ at line \d+, column \d+:?$/, '');
}
