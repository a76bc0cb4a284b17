/** Boots the programs named as arguments, one after another, with what `require()` gives them. */
const load = async (name) => require(name);
import('./boot-all.mjs').then(({ bootAll }) => bootAll('require', load, process.argv.slice(2)));
