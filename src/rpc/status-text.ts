/** Length in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/**
 * Text from anywhere, fit for headers, terminals and logs: well-formed Unicode (a lone surrogate makes encodeURI throw), control and
 * bidi characters shown as \u{...}, at most `maxBytes` of UTF-8 with an ellipsis where it was cut.
 */
export function safeText(text: string, maxBytes: number): string {
  // Cut before the costly steps: the text may be megabytes of a caller's input.
  const escaped = text
    .slice(0, maxBytes + 1)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
  return clip(escaped, maxBytes);
}

function clip(text: string, maxBytes: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength <= maxBytes) return text;
  let end = maxBytes - byteLength('…');
  // Step back to the first byte of the character that the cut would split.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…`;
}
