import { acceptsEventStream } from './accepts-event-stream.js';

describe('acceptsEventStream', () => {
  it.each([
    undefined,
    '',
    '*/*',
    'text/*',
    'text/event-stream',
    'TEXT/EVENT-STREAM',
    'application/json, text/event-stream;q=0.1',
    'application/json, */*;q=0.1',
    'text/event-stream, */*;q=0',
    'text/*;q=0, text/event-stream',
  ])('takes %j', (accept) => {
    expect(acceptsEventStream(accept)).toBe(true);
  });

  it.each([
    'application/json',
    'text/html, application/json',
    'text/event-stream;q=0',
    'text/event-stream; q=0.000',
    'text/event-stream;q=0, */*',
    'text/*;q=0, */*',
    'text',
    ',',
  ])('takes %j for a refusal', (accept) => {
    expect(acceptsEventStream(accept)).toBe(false);
  });
});
