import { connect } from 'node:net';
import type { Answer } from './client.js';

/** Sends bytes over a connection of their own, for what no HTTP client would send; gives the first answer to them. */
export async function sendRaw(url: string, bytes: string): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => (received += text));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // A reset is one of the ends that are waited for.
  socket.on('error', () => {});
  socket.write(bytes);
  await closed;
  const [head = '', text = ''] = received.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(headers),
    text,
    json: text === '' ? undefined : JSON.parse(text),
  };
}
