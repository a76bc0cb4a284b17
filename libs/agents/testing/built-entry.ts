import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What threads run is what was built: they are real ones, to which Jest gives no TypeScript. */
export const BUILT_ENTRY = pathToFileURL(join(__dirname, '../../../dist/libs/agents/thread/thread-entry.js'));
