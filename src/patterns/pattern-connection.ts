import type { Socket } from 'node:net';
import { messageOf, type Clock, type Timer } from '#core';
import { ClientGoneError } from '../problems/client-gone.error.js';
import { encodeFrame } from './encode-frame.js';
import { FrameReader } from './frame-reader.js';
import type { PatternAnswer } from './pattern-answer.js';
import { parsePatternRequest, type PatternRequest } from './pattern-request.js';
import { PatternError } from './patterns.errors.js';
import type { PatternsOptions } from './patterns.options.js';
import { toPatternProblem } from './to-pattern-problem.js';

/** How long a peer that is gone without a word goes unnoticed, before the first probe. */
const KEEP_ALIVE_MS = 30_000;

export interface PatternConnectionOptions {
  socket: Socket;
  clock: Clock;
  limits: PatternsOptions;
  /** Has it answered by {@link PatternConnection.answer}, now or later. */
  serve: (request: PatternRequest, connection: PatternConnection) => void;
  log: (text: string) => void;
}

/**
 * One client. It is read only while there is room for its requests and it reads what it is answered, so that what it
 * costs is bounded: an answer is made into text when the ones before it have gone. A message that is none ends it, after
 * an error without an id.
 */
export class PatternConnection {
  readonly #options: PatternConnectionOptions;
  readonly #reader: FrameReader;
  readonly #gone = new AbortController();
  /** Requests that were begun and whose last answer is not written yet. */
  #underWay = 0;
  /** Answers that wait for the client to read: of requests under way, so there are no more than these. */
  readonly #unsent: PatternAnswer[] = [];
  #reading = false;
  #ending = false;
  #toldOfEvents = false;
  /** Runs while a message is incomplete. */
  #arrival: Timer | undefined;
  /** Runs while answers lie unread. */
  #delivery: Timer | undefined;

  constructor(options: PatternConnectionOptions) {
    this.#options = options;
    this.#reader = new FrameReader(options.limits.maxMessageLength);
    const { socket } = options;
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('drain', () => {
      this.#stopDelivery();
      this.#send();
    });
    // A reset, say; the close that follows is all there is to do.
    socket.on('error', (error) => options.log(messageOf(error)));
    socket.once('close', () => this.#closed());
  }

  /** Aborts with a {@link ClientGoneError} when the connection ends. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  answer(id: PatternRequest['id'], answer: PatternAnswer): void {
    this.#unsent.push({ ...answer, id });
    this.#send();
  }

  /** Closes the connection after its last answer; no further request is read. */
  end(): void {
    this.#ending = true;
    this.#stopArrival();
    if (this.#underWay === 0) this.#endSocket();
  }

  destroy(): void {
    this.#options.socket.destroy();
  }

  #read(bytes?: Buffer): void {
    if (this.#ending) return;
    try {
      if (bytes !== undefined) this.#reader.push(bytes);
      // An answer that is ready at once comes back here; the loop below goes on with what it made room for.
      if (!this.#reading) this.#readAll();
    } catch (error) {
      this.#refuse(error as PatternError);
    }
  }

  #readAll(): void {
    const { socket } = this.#options;
    this.#reading = true;
    try {
      while (this.#hasRoom && this.#readOne());
    } finally {
      this.#reading = false;
    }
    if (this.#hasRoom) {
      socket.resume();
      if (this.#reader.isWithin) this.#expectRest();
    } else {
      socket.pause();
      // That the rest of a message does not arrive is our doing now.
      this.#stopArrival();
    }
  }

  get #hasRoom(): boolean {
    const { socket, limits } = this.#options;
    return this.#underWay < limits.maxRequestsPerConnection && !socket.writableNeedDrain;
  }

  /** Whether there was a whole message. */
  #readOne(): boolean {
    const text = this.#reader.next();
    if (text === undefined) return false;
    this.#stopArrival();
    const request = parsePatternRequest(text);
    if (request === null) {
      this.#ignoreEvent();
      return true;
    }
    this.#underWay++;
    this.#options.serve(request, this);
    return true;
  }

  #ignoreEvent(): void {
    if (!this.#toldOfEvents) this.#options.log('events are not served: a message without an id is ignored');
    this.#toldOfEvents = true;
  }

  #send(): void {
    const { socket } = this.#options;
    while (!socket.writableNeedDrain) {
      const answer = this.#unsent.shift();
      if (answer === undefined) break;
      this.#write(answer);
      if (answer.isDisposed === true) this.#underWay--;
    }
    if (this.#ending) this.end();
    else this.#read();
  }

  #write(answer: PatternAnswer): void {
    const { socket } = this.#options;
    if (socket.writable && !socket.write(encodeFrame(answer))) this.#expectDelivery();
  }

  #expectDelivery(): void {
    if (this.#delivery !== undefined) return;
    const timer = this.#limit(() => {
      if (this.#delivery !== timer) return;
      this.#options.log('closed a connection: its answers were not read');
      this.destroy();
    });
    this.#delivery = timer;
  }

  #expectRest(): void {
    if (this.#arrival !== undefined) return;
    const timer = this.#limit(() => {
      if (this.#arrival === timer)
        this.#refuse(new PatternError('REQUEST_TIMEOUT', 'the message took too long to arrive'));
    });
    this.#arrival = timer;
  }

  /** After a busy time what is waited for may be here already: timers come before what sockets have to tell. */
  #limit(onOver: () => void): Timer {
    const { clock, limits } = this.#options;
    return clock.setTimer(() => setImmediate(onOver), limits.messageTimeoutMs);
  }

  /** Requests under way get no answer: what the client meant cannot be told any more. */
  #refuse(error: PatternError): void {
    this.#options.log(`closed a connection: ${error.code} ${error.message}`);
    this.#ending = true;
    this.#stopArrival();
    this.#write({ err: toPatternProblem(error), isDisposed: true });
    this.#endSocket();
  }

  /** Ends when what was written is sent, or does not get through. */
  #endSocket(): void {
    const { socket } = this.#options;
    if (!socket.writableFinished) this.#expectDelivery();
    socket.destroySoon();
  }

  #closed(): void {
    this.#ending = true;
    this.#stopArrival();
    this.#stopDelivery();
    this.#gone.abort(new ClientGoneError());
  }

  #stopArrival(): void {
    this.#arrival?.cancel();
    this.#arrival = undefined;
  }

  #stopDelivery(): void {
    this.#delivery?.cancel();
    this.#delivery = undefined;
  }
}
