import { z } from 'zod';
import { idSchema } from '#core';

export const poolParamsSchema = z.strictObject({ capability: idSchema });
