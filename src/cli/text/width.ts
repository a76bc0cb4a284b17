/**
 * Characters of two columns: the wide and full-width blocks of Unicode 15.1's EastAsianWidth.txt, and emoji.
 * @see https://www.unicode.org/reports/tr11/
 */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Combining marks and joiners. */
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Asks for the picture of a character that is narrow otherwise. */
const EMOJI_VARIANT = '\ufe0f';

const ASCII = /^[\x20-\x7e]*$/;

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * How many columns the text takes, at most: terminals disagree about joined emoji, and a line that is counted too long
 * is cut early, while one counted too short would wrap.
 */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (character === EMOJI_VARIANT || WIDE.test(character)) width += character === EMOJI_VARIANT ? 1 : 2;
    else if (!ZERO.test(character)) width += 1;
  }
  return width;
}

/** As much of the text as fits, with an ellipsis where some is missing; no character is cut in two. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = 0;
  for (const { segment } of characters.segment(text)) {
    width += displayWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Cut or filled with blanks to that many columns. */
export function fit(text: string, columns: number): string {
  const cut = truncate(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - displayWidth(cut)));
}
