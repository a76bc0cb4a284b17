import type { Answer } from './client.js';
import { openSocket, readToEnd } from './socket.js';

/** Sends bytes over a connection of their own, for what no HTTP client would send; gives the first answer to them. */
export async function sendRaw(url: string, bytes: string): Promise<Answer> {
  const socket = await openSocket(url);
  socket.write(bytes);
  const received = await readToEnd(socket);
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
