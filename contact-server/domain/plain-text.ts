/**
 * One line as it will be read: without control characters, half characters, and those that only turn the direction of
 * what follows, with which `gpj.exe` is drawn as `exe.jpg`. What joins letters stays: names are written with it.
 */
export function plainText(text: string): string {
  return text
    .replace(/[\p{Bidi_Control}\p{Cs}\u200b\ufeff]/gu, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}
