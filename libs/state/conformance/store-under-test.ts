import type { StateStore } from '../ports/state-store.js';

/** The bounds every store is made with here: small enough to reach, large enough for every other case. */
export const LIMITS = { maxLogLength: 100, maxListLength: 120 } as const;

/** A driver, as the suite needs it. */
export interface StateStoreUnderTest {
  name: string;
  /** A new store without anything in it. */
  create(limits: typeof LIMITS): Promise<StateStore>;
  /** Another instance over what `store` holds, which may be closed by now. Absent: the driver serves one instance. */
  createPeer?(store: StateStore): Promise<StateStore>;
}

/** What a theme of the suite works with. */
export interface StoreContext {
  /** The store of the running test. */
  readonly store: StateStore;
  /** A case of two instances over the same data; reported as skipped, by name, where the driver serves one. */
  itAcross(name: string, body: (peer: StateStore) => Promise<void>): void;
}

/** Gives each test of the surrounding `describe` a store of its own and closes it afterwards. */
export function useStore({ name, create, createPeer }: StateStoreUnderTest): StoreContext {
  const open: StateStore[] = [];
  beforeEach(async () => {
    open.push(await create(LIMITS));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
  });
  const current = (): StateStore => {
    const [store] = open;
    if (store === undefined) throw new Error('a store is only there while a test runs');
    return store;
  };
  return {
    get store() {
      return current();
    },
    itAcross(title, body) {
      if (createPeer === undefined) {
        it.skip(`${title} (not promised by ${name}: one instance)`, () => undefined);
        return;
      }
      it(title, async () => {
        const peer = await createPeer(current());
        open.push(peer);
        await body(peer);
      });
    },
  };
}
