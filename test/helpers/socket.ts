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
