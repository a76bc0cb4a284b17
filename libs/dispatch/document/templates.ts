import type { Template } from '../expressions/template.js';

/** What a step's expressions were compiled to; undefined what it has not, or what is wrong. */
export interface StepTemplates {
  input: Template | undefined;
  when: Template | undefined;
}

/** The compiled expressions of a document, its steps in the document's order. */
export interface Templates {
  steps: readonly StepTemplates[];
  output: Template | undefined;
}
