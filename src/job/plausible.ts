/** The last millisecond that protobuf's Timestamp can say in JSON: of the year 9999. */
export const lastTime = 253_402_300_799_999;
/** Far more lives than any step has; a cursor holds a hundred times that. */
const mostLives = 1_000_000;

/**
 * What an annotation says may have been written by hand. What could not be sent on would end every answer and every stream that tells of
 * the step, also those that tell of all the others.
 */
export const isTime = (value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= lastTime;

export const isLife = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= mostLives;

const isInt32 = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) === ((value as number) | 0);

/** All of these members are of that kind, or not there. */
const optional = (is: (value: unknown) => boolean, ...values: readonly unknown[]): boolean =>
  values.every((value) => value === undefined || is(value));

export const areExits = (...values: readonly unknown[]): boolean => optional(isInt32, ...values);
export const areTimes = (...values: readonly unknown[]): boolean => optional(isTime, ...values);
export const areTexts = (...values: readonly unknown[]): boolean =>
  optional((value) => typeof value === 'string', ...values);

/** A reference to an object, or none. */
export function isRef(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { namespace, name, uid } = value as Record<string, unknown>;
  return [namespace, name, uid].every((part) => typeof part === 'string');
}
