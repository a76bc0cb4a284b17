/** Runs programs of ./programs, a line each; one that fails is told and fails the process. */
export async function bootAll(how, load, names) {
  for (const name of names) {
    try {
      const { default: boot } = await import(`./programs/${name}.mjs`);
      await boot(load);
      console.log(`ok ${how} ${name}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`FAILED ${how} ${name}:`, error);
    }
  }
}
