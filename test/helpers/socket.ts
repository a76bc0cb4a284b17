import { connect, type Socket } from 'node:net';

/** A connection of one's own, for what a client of HTTP would not do. A reset of it is one of the ends to be expected. */
export function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.off('error', reject).on('error', () => {});
      resolve(socket);
    }).on('error', reject);
  });
}

/** All that comes back until the connection ends, in order or by a reset. */
export function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => (text += more));
  return new Promise((resolve) => socket.once('close', () => resolve(text)));
}
