// Controls move the cursor or reprogram a terminal; directional and invisible characters make a text look like another.
const unsafe =
  /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text of unknown origin on one line of a terminal: what could act on the terminal or hide is shown as an escape. */
export function printable(text: string): string {
  return text.replace(unsafe, escapeOf);
}

/** JSON text in which such characters are escapes too; it means the same. */
export function printableJson(json: string): string {
  return json.replace(unsafe, (character) => (character === '\n' ? character : unicodeEscapes(character)));
}

/** The same for YAML whose texts are all in double quotes; YAML writes a character beyond 16 bits as one escape. */
export function printableYaml(yaml: string): string {
  return yaml.replace(unsafe, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    if (character === '\n') return character;
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

export function hasUnsafe(text: string): boolean {
  return text.replaceAll('\n', '').search(unsafe) >= 0;
}

function escapeOf(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  if (character === '\r') return '\\r';
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

function unicodeEscapes(character: string): string {
  return Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
}
