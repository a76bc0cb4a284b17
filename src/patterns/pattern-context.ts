import { BaseRpcContext } from '@nestjs/microservices';

/** What a handler knows of its call, beside the payload. */
export class PatternContext extends BaseRpcContext<[pattern: string, signal: AbortSignal]> {
  get pattern(): string {
    return this.args[0];
  }

  /** Aborts when the client's connection ends. */
  get signal(): AbortSignal {
    return this.args[1];
  }
}
