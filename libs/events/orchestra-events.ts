import { Injectable, Logger, Optional } from '@nestjs/common';
import { Clock, SystemClock, newId } from '#core';
import type { EventMeta, OrchestraEventMap, OrchestraEventType } from './event-map.js';

export type OrchestraEventListener<T extends OrchestraEventType> = (
  data: OrchestraEventMap[T],
  type: T,
  meta: EventMeta,
) => void;

/** Told of every event, whatever its type. */
export type AnyEventListener = (
  data: OrchestraEventMap[OrchestraEventType],
  type: OrchestraEventType,
  meta: EventMeta,
) => void;

/** Listeners in all; more is taken for a leak and refused. */
export const MAX_EVENT_LISTENERS = 1_000;

/** Events that listeners may publish in answer to one event; more is taken for an endless echo and refused. */
export const MAX_ECHOED_EVENTS = 10_000;

interface Subscription {
  /** May be an async function, against its type. */
  readonly tell: (...event: Parameters<AnyEventListener>) => unknown;
  active: boolean;
}

interface Echo {
  type: OrchestraEventType;
  data: OrchestraEventMap[OrchestraEventType];
  meta: EventMeta | undefined;
}

const NOBODY: readonly Subscription[] = [];

/**
 * The typed, in-process event stream. Delivery is synchronous and in order: to the listeners of the type, then to those
 * of any, each in the order of their subscription. A listener that throws, or rejects, is logged and disturbs neither
 * the publisher nor the other listeners.
 *
 * What a listener publishes is delivered once the event under way has reached everybody, so that all see the same
 * order. A listener that is added meanwhile hears of later events only, one that is taken off of none any more.
 */
@Injectable()
export class OrchestraEvents {
  readonly #logger = new Logger(OrchestraEvents.name);
  readonly #byType = new Map<OrchestraEventType, readonly Subscription[]>();
  #any: readonly Subscription[] = NOBODY;
  #count = 0;
  #publishing = false;
  readonly #echoes: Echo[] = [];
  /** Of the ids made here. */
  readonly #origin = newId();
  #made = 0;

  constructor(@Optional() private readonly clock: Clock = new SystemClock()) {}

  /**
   * @param meta what the event is known by already, where it is on record; otherwise it is made, if anybody listens.
   * @throws {RangeError} to a listener that answers endlessly; see {@link MAX_ECHOED_EVENTS}.
   */
  publish<T extends OrchestraEventType>(type: T, data: OrchestraEventMap[T], meta?: EventMeta): void {
    if (this.#publishing) {
      if (this.#echoes.length >= MAX_ECHOED_EVENTS) {
        throw new RangeError(`more than ${MAX_ECHOED_EVENTS} events published in answer to one`);
      }
      this.#echoes.push({ type, data, meta });
      return;
    }
    this.#publishing = true;
    this.#deliver(type, data, meta);
    if (this.#echoes.length > 0) this.#deliverEchoes();
    this.#publishing = false;
  }

  /** @returns the function that unsubscribes; idempotent. */
  on<T extends OrchestraEventType>(type: T, listener: OrchestraEventListener<T>): () => void {
    return this.#subscribe(
      {
        tell: (data, name, meta) => listener(data as OrchestraEventMap[T], name as T, meta),
        active: true,
      },
      () => this.#byType.get(type) ?? NOBODY,
      (subscriptions) => {
        if (subscriptions.length === 0) this.#byType.delete(type);
        else this.#byType.set(type, subscriptions);
      },
    );
  }

  /** @returns the function that unsubscribes; idempotent. */
  onAny(listener: AnyEventListener): () => void {
    return this.#subscribe(
      { tell: listener, active: true },
      () => this.#any,
      (subscriptions) => (this.#any = subscriptions),
    );
  }

  /** How many listeners there are: 0 proves that nothing was left behind. */
  get listenerCount(): number {
    return this.#count;
  }

  #deliverEchoes(): void {
    // Grows while it is read; emptied at the end only, so that its length counts all echoes.
    for (const echo of this.#echoes) this.#deliver(echo.type, echo.data, echo.meta);
    this.#echoes.length = 0;
  }

  /** The lists are replaced, never changed: one of them may be under way. */
  #subscribe(
    subscription: Subscription,
    list: () => readonly Subscription[],
    replace: (subscriptions: readonly Subscription[]) => void,
  ): () => void {
    if (this.#count >= MAX_EVENT_LISTENERS)
      throw new RangeError(`more than ${MAX_EVENT_LISTENERS} event listeners`);
    this.#count++;
    replace([...list(), subscription]);
    return () => {
      if (!subscription.active) return;
      subscription.active = false;
      this.#count--;
      replace(list().filter((other) => other !== subscription));
    };
  }

  #deliver(
    type: OrchestraEventType,
    data: OrchestraEventMap[OrchestraEventType],
    given: EventMeta | undefined,
  ): void {
    // Both lists as they were before the first listener could change them.
    const any = this.#any;
    const ofType = this.#byType.get(type) ?? NOBODY;
    if (ofType.length === 0 && any.length === 0) return;
    const meta = given ?? { id: `${this.#origin}.${++this.#made}`, time: this.clock.timestamp() };
    for (const subscription of ofType) this.#tell(subscription, type, data, meta);
    for (const subscription of any) this.#tell(subscription, type, data, meta);
  }

  #tell(
    subscription: Subscription,
    type: OrchestraEventType,
    data: OrchestraEventMap[OrchestraEventType],
    meta: EventMeta,
  ): void {
    if (!subscription.active) return;
    try {
      const told = subscription.tell(data, type, meta);
      if (told instanceof Promise) told.catch((error: unknown) => this.#logFailure(type, error));
    } catch (error) {
      this.#logFailure(type, error);
    }
  }

  #logFailure(type: OrchestraEventType, error: unknown): void {
    this.#logger.error(`a listener of ${type} threw`, error);
  }
}
