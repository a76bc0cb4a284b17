export { DEFAULT_EVENT_SOURCE, toCloudEvent, type CloudEvent } from './cloud-event.js';
export {
  EVENT_TYPES,
  type EventMeta,
  type OrchestraEventMap,
  type OrchestraEventType,
  type UnavailableReason,
} from './event-map.js';
export { EventsModule } from './events.module.js';
export {
  MAX_ECHOED_EVENTS,
  MAX_EVENT_LISTENERS,
  OrchestraEvents,
  type AnyEventListener,
  type OrchestraEventListener,
} from './orchestra-events.js';
