export const EVENT_STREAM_MEDIA_TYPE = 'text/event-stream';

/** The ranges that match it, the most specific first: that one decides (RFC 9110 §12.5.1). */
const RANGES = [EVENT_STREAM_MEDIA_TYPE, 'text/*', '*/*'];

const REFUSED = /^q=0(?:\.0{0,3})?$/;

/** Whether the `Accept` of a request takes an event stream; one without it takes anything. */
export function acceptsEventStream(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  const ranges = accept.split(',').map((range) => {
    const [mediaType = '', ...parameters] = range.toLowerCase().split(';');
    return { mediaType: mediaType.trim(), refused: parameters.some((text) => REFUSED.test(text.trim())) };
  });
  for (const wanted of RANGES) {
    const found = ranges.find(({ mediaType }) => mediaType === wanted);
    if (found !== undefined) return !found.refused;
  }
  return false;
}
