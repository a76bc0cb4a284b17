import type { EventMeta, OrchestraEventMap, OrchestraEventType } from './event-map.js';

/** An event as CloudEvents 1.0 has it (https://github.com/cloudevents/spec), in the structured JSON format. */
export interface CloudEvent<T extends OrchestraEventType = OrchestraEventType> {
  specversion: '1.0';
  /** With `source`, unique. */
  id: string;
  /** Who says so, a URI-reference. */
  source: string;
  type: T;
  /** The execution, `<executionId>/<stepId>` of a step, the agent, the capability of a pool, or the schedule. */
  subject: string;
  /** RFC 3339. */
  time: string;
  datacontenttype: 'application/json';
  /** An extension: of which run of its execution. Absent from the events of agents, pools and schedules. */
  run?: number;
  data: OrchestraEventMap[T];
}

/** The `source` of events where nobody named another. */
export const DEFAULT_EVENT_SOURCE = '/nest-orchestra';

/** An event of the house for the world outside: what goes over a wire to people who know CloudEvents and not us. */
export function toCloudEvent<T extends OrchestraEventType>(
  type: T,
  data: OrchestraEventMap[T],
  { id, time, run }: EventMeta,
  source: string = DEFAULT_EVENT_SOURCE,
): CloudEvent<T> {
  return {
    specversion: '1.0',
    id,
    source,
    type,
    subject: subjectOf(data),
    time,
    datacontenttype: 'application/json',
    ...(run === undefined ? {} : { run }),
    data,
  };
}

function subjectOf(data: OrchestraEventMap[OrchestraEventType]): string {
  if ('scheduleId' in data) return data.scheduleId;
  if (!('executionId' in data)) return 'agentId' in data ? data.agentId : data.capability;
  return 'stepId' in data ? `${data.executionId}/${data.stepId}` : data.executionId;
}
