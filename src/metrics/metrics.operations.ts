import { z } from 'zod';
import type { OperationSpec } from '../openapi/operation.js';

export const getMetrics = {
  id: 'getMetrics',
  tag: 'service',
  summary: 'Metrics for Prometheus',
  responses: [
    { status: 200, description: 'The text format of Prometheus.', type: 'text/plain', schema: z.string() },
  ],
  examples: {
    scrape: {
      summary: 'Some samples',
      answer: {
        status: 200,
        type: 'text/plain',
        body: '# HELP orchestra_executions_running Executions that run at the moment.\n# TYPE orchestra_executions_running gauge\norchestra_executions_running 2\n',
      },
    },
  },
} as const satisfies OperationSpec;
