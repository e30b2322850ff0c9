// JSON escapes C0 alone: terminals obey C1 as well, and people are misled by what turns the direction of writing around or cannot be seen.
// In JSON such characters stand inside of texts only, where an escape means the same.
const unsafe = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;

/** A line of JSON that a terminal and a person may be shown as it is. */
export const safeLine = (line: string): string =>
  line.replace(unsafe, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
