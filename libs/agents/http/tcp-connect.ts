import { connect } from 'node:net';

/** Resolves once a TCP connection to the host of `url` was made and dropped. @throws why not, or the signal's reason. */
export function tcpConnect(url: URL, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      // WHATWG URLs keep the brackets of an IPv6 address.
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      signal,
    });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
  });
}
