/** When something was told of an id, for those who ask before or after it was. */
export function createMoments() {
  const asked = new Map();
  const early = new Map();
  return {
    tell(id) {
      const at = performance.now();
      const resolve = asked.get(id);
      if (resolve === undefined) early.set(id, at);
      else resolve(at);
      asked.delete(id);
    },
    /** @returns when it was told, once it is. */
    of(id) {
      const at = early.get(id);
      if (at === undefined) return new Promise((resolve) => asked.set(id, resolve));
      early.delete(id);
      return Promise.resolve(at);
    },
  };
}
