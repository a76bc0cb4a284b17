import { BadRequestException, Body, Controller, HttpCode, Post } from '@nestjs/common';
import { z } from 'zod';
import { TextsService } from './texts.service.js';

const bodySchema = z.strictObject({ texts: z.array(z.string()).min(1).max(100) });

@Controller('texts')
export class TextsController {
  constructor(private readonly texts: TextsService) {}

  @Post('measure')
  @HttpCode(200)
  measure(@Body() body: unknown) {
    const { data, error } = bodySchema.safeParse(body);
    if (error) throw new BadRequestException(z.prettifyError(error));
    return this.texts.measure(data.texts);
  }
}
