import { connect, type Socket } from 'node:net';

/** An open connection, for what an HTTP client would never send. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  // A reset is one of the ends that are waited for.
  socket.on('error', () => {});
  return socket;
}

/** Sends bytes over a connection of their own and gives all that comes back until the server ends it. */
export async function exchange(port: number, ...chunks: (string | Buffer)[]): Promise<string> {
  const socket = await openSocket(port);
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  const closed = new Promise<void>((resolve) => socket.once('close', resolve));
  for (const chunk of chunks) socket.write(chunk);
  await closed;
  return Buffer.concat(received).toString();
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** The first answer in what a server sent. */
export function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n') };
}
