import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_TYPES } from '#events';
import { schedulesOptionsSchema } from '#schedules';
import { ROOT } from './helpers/service.js';

const page = readFileSync(join(ROOT, 'docs/schedules.md'), 'utf8');

/** Its code and its calls are run by readme.spec.ts. */
describe('docs/schedules.md', () => {
  it('lists the events that there are', () => {
    const listed = [...page.matchAll(/^\| `(schedule\.\w+)`/gm)].map(([, type]) => type);
    expect(listed.sort()).toEqual(EVENT_TYPES.filter((type) => type.startsWith('schedule.')).sort());
  });

  it('names the options with their defaults', () => {
    for (const [name, value] of Object.entries(schedulesOptionsSchema.parse({}))) {
      expect(page).toContain(`\`schedules.${name}\` (${value.toLocaleString('en')})`);
    }
  });
});
