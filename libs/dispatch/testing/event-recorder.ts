import type { OrchestraEventMap, OrchestraEventType, OrchestraEvents } from '#events';

export interface RecordedEvent {
  type: OrchestraEventType;
  data: OrchestraEventMap[OrchestraEventType];
}

/** Every event that was published, in order. */
export class EventRecorder {
  readonly all: RecordedEvent[] = [];
  readonly stop: () => void;

  constructor(events: OrchestraEvents) {
    this.stop = events.onAny((data, type) => this.all.push({ type, data }));
  }

  of<T extends OrchestraEventType>(type: T): OrchestraEventMap[T][] {
    return this.all.filter((event) => event.type === type).map(({ data }) => data as OrchestraEventMap[T]);
  }
}
