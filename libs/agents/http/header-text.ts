/**
 * An id as a header value. Ids may be any Unicode, header values may not: everything but visible ASCII is
 * percent-encoded, and so is `%`, which makes `decodeURIComponent` give back the id always and no two ids alike.
 */
export function headerText(id: string): string {
  return VISIBLE.test(id) ? id : id.replace(ENCODED, encodeURIComponent);
}

const VISIBLE = /^[\x21-\x24\x26-\x7e]*$/;
const ENCODED = /[^\x21-\x24\x26-\x7e]+/g;
