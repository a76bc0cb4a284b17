/** Code units that UTF-8, which a sorted set compares by, does not keep in their order. */
const HIGH_UNITS = /[\uD800-\uFFFF]/g;
const MOVED = /[\uE000-\uE7FF\u{10000}-\u{11FFF}]/gu;

/**
 * A member as it is kept: the bytes of two members compare as their code units do. The halves of a pair become
 * characters of their own, U+E000 and up, and what was there becomes U+10000 and up; all below stays as it is.
 */
export function encodeMember(member: string): string {
  return member.replace(HIGH_UNITS, (unit) => {
    const code = unit.charCodeAt(0);
    return String.fromCodePoint(code < 0xe000 ? code + 0x800 : code + 0x2000);
  });
}

export function decodeMember(text: string): string {
  return text.replace(MOVED, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return String.fromCharCode(code < 0x10000 ? code - 0x800 : code - 0x2000);
  });
}
