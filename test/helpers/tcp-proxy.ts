import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface LinkQuality {
  /** What every piece of data takes longer, each way. */
  latencyMs?: number;
  /** On top of it, from 0 up to this. */
  jitterMs?: number;
}

/** One way of one connection. Pieces arrive in order, each after its delay, and only while the network is whole. */
class Lane {
  readonly #onTheWay: { data: Buffer; arrivesAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly to: Socket,
    private readonly proxy: TcpProxy,
  ) {}

  push(data: Buffer): void {
    const { latencyMs = 0, jitterMs = 0 } = this.proxy.quality;
    const arrivesAt = performance.now() + latencyMs + this.proxy.random() * jitterMs;
    this.#onTheWay.push({ data, arrivesAt });
    this.move();
  }

  /** Lets arrive what is due. */
  move(): void {
    if (this.proxy.isCut || this.#timer !== undefined) return;
    for (;;) {
      const [next] = this.#onTheWay;
      if (next === undefined) return;
      const leftMs = next.arrivesAt - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.move();
        }, leftMs).unref();
        return;
      }
      this.#onTheWay.shift();
      if (this.to.writable) this.to.write(next.data);
    }
  }
}

interface Link {
  client: Socket;
  server: Socket;
  lanes: Lane[];
  /** Somebody in between has forgotten it: nothing comes through any more, and nobody is told. */
  dead: boolean;
}

const running = new Set<TcpProxy>();

/** A piece of network between clients and one server on loopback, of whatever quality. */
export class TcpProxy {
  quality: LinkQuality = {};
  isCut = false;
  readonly #links = new Set<Link>();
  readonly #server: Server;

  /** @param random decides the jitter. */
  static async start(port: number, random: () => number = Math.random): Promise<TcpProxy> {
    const proxy = new TcpProxy(port, random);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    running.add(proxy);
    return proxy;
  }

  /** @param target the port that new connections lead to. */
  private constructor(
    public target: number,
    readonly random: () => number,
  ) {
    this.#server = createServer((client) => this.#link(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** As when a cable is pulled: what is sent waits, both ways, until {@link heal}. */
  cut(): void {
    this.isCut = true;
  }

  /** What was held arrives, the ends of connections last; links that were forgotten stay dead. */
  heal(): void {
    this.isCut = false;
    for (const link of this.#links) {
      if (link.dead) continue;
      link.lanes.forEach((lane) => lane.move());
      if (link.client.destroyed || link.server.destroyed) this.#end(link);
    }
  }

  /** As a NAT or a balancer that restarted: the connections of now swallow all that is sent, for ever; new ones work. */
  forget(): void {
    for (const link of this.#links) link.dead = true;
  }

  /** RST for every connection of now. */
  reset(): void {
    for (const { client, server } of this.#links) {
      for (const socket of [client, server]) {
        // One that is about to end, or to connect, cannot be reset: its handle would stay, and hold up the end of the process.
        if (socket.writable && !socket.connecting) socket.resetAndDestroy();
        else socket.destroy();
      }
    }
  }

  async close(): Promise<void> {
    running.delete(this);
    this.isCut = false;
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #link(client: Socket): void {
    const server = connect(this.target, '127.0.0.1');
    const [up, down] = [new Lane(server, this), new Lane(client, this)];
    const link: Link = { client, server, lanes: [up, down], dead: false };
    this.#links.add(link);
    for (const [from, lane] of [
      [client, up],
      [server, down],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (data) => {
        if (!link.dead) lane.push(data);
      });
      // It is a close as well.
      from.on('error', () => {});
      from.on('close', () => {
        if (client.closed && server.closed) this.#links.delete(link);
        else if (!this.isCut) this.#end(link);
      });
    }
  }

  /** What was written before still arrives. */
  #end({ client, server }: Link): void {
    client.destroySoon();
    server.destroySoon();
  }
}

afterEach(() => Promise.all([...running].map((proxy) => proxy.close())));
