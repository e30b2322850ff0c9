import { AgentError } from './agent-error.mjs';

/**
 * One parameter: what it is when absent, and what is wrong with a value (undefined: nothing).
 * @typedef {{fallback: unknown, problem: (value: unknown) => string | undefined}} Param
 */

/**
 * @param {{min?: number, max?: number, fallback: number | null}} limits
 * @returns {Param}
 */
export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER, fallback }) {
  const fits = (/** @type {unknown} */ value) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
  return {
    fallback,
    problem: (value) => (fits(value) ? undefined : `must be an integer from ${min} to ${max}`),
  };
}

/**
 * @param {{fallback: number}} limits
 * @returns {Param}
 */
export function ratio({ fallback }) {
  const fits = (/** @type {unknown} */ value) => typeof value === 'number' && value >= 0 && value <= 1;
  return { fallback, problem: (value) => (fits(value) ? undefined : 'must be a number from 0 to 1') };
}

/**
 * @param {boolean} fallback
 * @returns {Param}
 */
export function flag(fallback) {
  return { fallback, problem: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false') };
}

/**
 * @param {readonly string[]} words
 * @param {string | null} fallback
 * @returns {Param}
 */
export function oneOf(words, fallback) {
  const fits = (/** @type {unknown} */ value) => words.includes(String(value)) && typeof value === 'string';
  return { fallback, problem: (value) => (fits(value) ? undefined : `must be one of ${words.join(', ')}`) };
}

/**
 * @param {{pattern: RegExp, hint: string, fallback: string | null}} rule
 * @returns {Param}
 */
export function text({ pattern, hint, fallback }) {
  const fits = (/** @type {unknown} */ value) => typeof value === 'string' && pattern.test(value);
  return { fallback, problem: (value) => (fits(value) ? undefined : `must be ${hint}`) };
}

/**
 * Fills in what is absent and refuses what is wrong or unknown: a parameter that is silently ignored is a wrong result.
 * @param {Readonly<Record<string, Param>>} shape
 * @param {Readonly<Record<string, unknown>>} given
 * @returns {Readonly<Record<string, any>>}
 */
export function parseParams(shape, given) {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(shape, name));
  const problems = unknown.map(
    (name) => `params.${name}: unknown, expected ${Object.keys(shape).join(', ')}`,
  );
  /** @type {Record<string, unknown>} */
  const values = {};
  for (const [name, param] of Object.entries(shape)) {
    const isGiven = Object.hasOwn(given, name);
    const problem = isGiven ? param.problem(given[name]) : undefined;
    if (problem !== undefined) problems.push(`params.${name}: ${problem}`);
    values[name] = isGiven ? given[name] : param.fallback;
  }
  if (problems.length === 0) return Object.freeze(values);
  throw new AgentError('input', 'PARAMS_INVALID', problems.join('; '), { details: { problems } });
}
