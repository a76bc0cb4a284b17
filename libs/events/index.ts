export type { OrchestraEventMap, OrchestraEventType } from './event-map.js';
export { EventsModule } from './events.module.js';
export {
  MAX_ECHOED_EVENTS,
  MAX_EVENT_LISTENERS,
  OrchestraEvents,
  type AnyEventListener,
  type OrchestraEventListener,
} from './orchestra-events.js';
