import { ownText } from './own-text.ts';

// Control characters, the separators that some terminals break lines at, and what turns the direction of writing around.
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what removes them.
const unwanted = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what removes them.
const escapes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** Text of others as one line without control characters, at most `longest` characters long. */
export function oneLine(text: string, longest: number): string {
  // What is cut off anyway is not worth a scan: a message may have a megabyte.
  const line = ownText(text, longest * 4)
    .replace(escapes, '')
    .replace(unwanted, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .toWellFormed();
  return line.length > longest ? `${line.slice(0, longest - 1).toWellFormed()}…` : line;
}

/** The last lines of a text of others, without control characters and empty lines at its ends, in at most so many bytes of UTF-8. */
export function lastLines(text: string, bytes: number): readonly string[] {
  // Nothing below makes a line longer. A cut inside a character leaves U+FFFD at the beginning.
  const tail = Buffer.from(text)
    .subarray(-bytes)
    .toString('utf8')
    .replace(/^\ufffd+/, '');
  const lines = tail
    .replace(escapes, '')
    .split(/\r?\n|\r/)
    .map((line) => line.replace(unwanted, ' ').trimEnd());
  while (lines[0] === '') lines.shift();
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
