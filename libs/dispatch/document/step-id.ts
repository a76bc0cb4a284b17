import { z } from 'zod';

/** Expressions name steps as `$steps.<id>`, so an id is a name there. */
export const STEP_ID = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** An id of a step: unique in its workflow. Never a name of `Object.prototype`, which records by id would seem to have. */
export const stepIdSchema = z
  .string()
  .regex(STEP_ID, 'must be a letter, followed by up to 63 letters, digits or underscores')
  .refine((id) => !(id in Object.prototype), 'is reserved');
