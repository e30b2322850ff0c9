/**
 * The beginning of a text of others, at most so many characters, as a text of its own: what `slice` and `trim` return of a long text is a
 * view in V8, which keeps the whole alive as long as it is kept itself. A character that is cut in the middle becomes U+FFFD.
 */
export const ownText = (text: string, longest: number): string =>
  text.length <= longest ? text : Buffer.from(text.slice(0, longest)).toString();
