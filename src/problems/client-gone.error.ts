import type { FastifyReply } from 'fastify';
import { OrchestraError } from '#core';

/** Nobody waits for the answer any more. Its status, 499, is for logs alone. */
export class ClientGoneError extends OrchestraError<'CLIENT_CLOSED_REQUEST'> {
  constructor() {
    super('CLIENT_CLOSED_REQUEST', 'the client closed the connection before it was answered');
  }
}

/** Aborts with a {@link ClientGoneError} when the connection ends before the answer. */
export function clientGoneSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const onClose = (): void => {
    if (!raw.writableFinished) controller.abort(new ClientGoneError());
  };
  if (raw.closed) onClose();
  else raw.once('close', onClose);
  return controller.signal;
}
