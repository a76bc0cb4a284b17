/** What was built and what it runs on; no configuration, no paths. */
export interface ServiceInfo {
  name: string;
  version: string;
  node: string;
  driver: string;
  /** ISO 8601. */
  startedAt: string;
}

export const SERVICE_INFO = Symbol('service.info');
