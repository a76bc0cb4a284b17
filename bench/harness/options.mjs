import { parseArgs } from 'node:util';

/** The command line of `npm run bench`, which its scripts get without the names. */
export const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});
export const { quick, profile } = flags;
