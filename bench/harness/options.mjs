import { parseArgs } from 'node:util';

/** The command line of `npm run bench`, which its scripts get without the names. */
export const { values: flags, positionals: names } = parse();
export const { quick, profile } = flags;

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}
