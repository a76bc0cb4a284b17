import { Console } from 'node:console';
import { Writable } from 'node:stream';
import type { Display } from '../progress/display.js';
import { printableLines } from '../text/printable.js';

/**
 * What agents of this process write to the console is told beside the progress: stdout is for the result, and a line
 * among those that are redrawn would tear them apart. The returned function gives the console back.
 */
export function captureConsole(display: Display): () => void {
  const original = globalThis.console;
  const stream = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      display.note(printableLines(text.replace(/\n$/, '')));
      done();
    },
  });
  globalThis.console = new Console(stream, stream);
  return () => {
    globalThis.console = original;
  };
}
