import { z } from 'zod';
import { answers } from '../openapi/components.js';
import type { OperationSpec } from '../openapi/operation.js';
import type { ServiceInfo } from './service-info.js';

const infoSchema = answers<ServiceInfo>()(
  'ServiceInfo',
  z.object({
    name: z.string(),
    version: z.string(),
    node: z.string(),
    driver: z.string().describe('What keeps queue and state.'),
    startedAt: z.iso.datetime(),
  }),
);

export const getInfo = {
  id: 'getInfo',
  tag: 'service',
  summary: 'What was built, and what it runs on',
  responses: [{ status: 200, description: 'No configuration, no paths.', schema: infoSchema }],
  examples: {
    info: {
      summary: 'A service',
      answer: {
        status: 200,
        body: {
          name: 'nest-orchestra',
          version: '0.1.0',
          node: '20.20.0',
          driver: 'memory',
          startedAt: '2026-11-12T09:29:00.000Z',
        },
      },
    },
  },
} as const satisfies OperationSpec;
