interface Route {
  methods: readonly string[];
  segments: readonly string[];
}

/** The routes of a server by path: what a path that exists may be asked, for the answer 405. */
export class AllowedMethods {
  readonly #routes: Route[] = [];

  add(methods: string | readonly string[], pattern: string): void {
    this.#routes.push({ methods: [methods].flat(), segments: pattern.split('/') });
  }

  /** The methods of the routes that match `path`, in alphabetical order; none when there is no such path. */
  of(path: string): string[] {
    const segments = path.split('/').map(decode);
    const matching = this.#routes.filter((route) => matches(route.segments, segments));
    return [...new Set(matching.flatMap(({ methods }) => methods))].sort();
  }
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((part, place) => (part.startsWith(':') ? path[place] !== '' : part === path[place]))
  );
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
