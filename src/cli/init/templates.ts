/** What `orchestra init` writes: by its path in the folder. */
export const TEMPLATES: Readonly<Record<string, string>> = {
  'orchestra.config.yaml': `# The configuration of \`orchestra serve\` and \`orchestra run\`. Every key is optional.
driver: memory

http:
  host: 127.0.0.1
  port: 3000

# A pool is the agents of one capability. Relative paths are relative to this file.
pools:
  - capability: greet
    kind: function
    module: agents/greet.mjs
    concurrencyPerAgent: 4
`,

  'workflows/hello.yaml': `# Try it: orchestra run workflows/hello.yaml --input '{"name": "Ada"}'
id: hello
name: Greet somebody in two languages
steps:
  - id: english
    capability: greet
    input:
      name: "{% $exists($input.name) ? $input.name : 'world' %}"
      language: en
  - id: german
    capability: greet
    input:
      name: "{% $exists($input.name) ? $input.name : 'world' %}"
      language: de
  # It begins when both have ended, and runs its own greeting from what they said.
  - id: both
    capability: greet
    dependsOn: [english, german]
    input:
      text: "{% $steps.english.output & ' ' & $steps.german.output %}"
    retry: { maxAttempts: 3 }
output: "{% $steps.both.output %}"
`,

  'agents/greet.mjs': `/**
 * An agent is a function of a task and its context: what it returns is the step's output, what it throws its error.
 *
 * @param {{ input: { name?: string, language?: string, text?: string } }} task
 * @param {{ signal: AbortSignal, progress: (report: object) => void }} context stop when the signal aborts
 */
export default async function greet({ input }, { signal, progress }) {
  signal.throwIfAborted();
  progress({ progress: 1, total: 1, message: 'thinking of something nice' });
  if (input.text !== undefined) return input.text;
  return input.language === 'de' ? \`Hallo, \${input.name}!\` : \`Hello, \${input.name}!\`;
}
`,
};
