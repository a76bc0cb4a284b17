import { connect, type Socket } from 'node:net';
import { ClientProxyFactory, Transport, type ClientProxy } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import type { PatternProblem } from '../../src/patterns/to-pattern-problem.js';
import type { Service } from './service.js';

/** Where the service serves message patterns, as it said itself. */
export function patternsPort(service: Service): number {
  const port = /message patterns on tcp:\/\/\S+:(\d+)/.exec(service.stdout)?.[1];
  if (port === undefined) throw new Error(`the service serves no patterns:\n${service.output}`);
  return Number(port);
}

const open: { close(): void }[] = [];

/** A client of the service's patterns; closed after the tests of the file. */
export function patternClient(service: Service): PatternClient {
  return track(new PatternClient(patternsPort(service)));
}

/** The same without a client's manners. */
export function rawPatterns(service: Service): RawPatterns {
  return track(new RawPatterns(patternsPort(service)));
}

function track<T extends { close(): void }>(client: T): T {
  open.push(client);
  return client;
}

afterAll(() => {
  for (const client of open) client.close();
});

/** Nest's own TCP client, as an application would have it. */
export class PatternClient {
  readonly #proxy: ClientProxy;

  constructor(port: number) {
    this.#proxy = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
  }

  connect(): Promise<unknown> {
    return this.#proxy.connect();
  }

  /** @throws what the service answers with instead. */
  send(command: 'submit' | 'get' | 'cancel', payload: unknown): Promise<ReturnType<typeof JSON.parse>> {
    return firstValueFrom(this.#proxy.send(`orchestra.execution.${command}`, payload));
  }

  /** What a message is refused with. @throws when it is not. */
  async refusal(command: 'submit' | 'get' | 'cancel', payload: unknown): Promise<PatternProblem> {
    const answer = await this.send(command, payload).then(
      (value: unknown) => ({ value }),
      (problem: unknown) => ({ problem }),
    );
    if ('problem' in answer) return answer.problem as PatternProblem;
    throw new Error(`was answered: ${JSON.stringify(answer.value)}`);
  }

  close(): void {
    void this.#proxy.close();
  }
}

/** A connection to a service's patterns, for what no client would send. */
class RawPatterns {
  received = '';
  isClosed = false;
  readonly closed: Promise<void>;
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setEncoding('utf8').on('data', (text: string) => (this.received += text));
    // A reset is one of the ends that are waited for.
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.isClosed = true;
        resolve();
      });
    });
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** From now on nothing is read. */
  pause(): void {
    this.#socket.pause();
  }

  send(packet: unknown): void {
    this.write(frame(JSON.stringify(packet)));
  }

  close(): void {
    this.#socket.destroy();
  }
}

export function frame(text: string): string {
  return `${text.length}#${text}`;
}
