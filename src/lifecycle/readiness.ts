import { Injectable } from '@nestjs/common';

/** `starting → ready → draining`; nothing leads back. */
export type ReadinessState = 'starting' | 'ready' | 'draining';

/** Whether this process wants traffic: the flag behind `/health/ready`, owned by the lifecycle alone. */
@Injectable()
export class Readiness {
  #state: ReadinessState = 'starting';

  get state(): ReadinessState {
    return this.#state;
  }

  started(): void {
    if (this.#state === 'starting') this.#state = 'ready';
  }

  draining(): void {
    this.#state = 'draining';
  }
}
