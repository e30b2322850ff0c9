import { ApiError } from './api-error.ts';

// The authorizer and an admission plugin answer with the same status, reason and details; only its own sentence,
// fixed in apiserver's forbiddenMessage(), tells a missing permission from a refusal.
const RBAC = /\bUser "[^"]*" cannot \w+ (resource|path|\w+\.?\w* )/;
const PERMISSION =
  /\bUser "[^"]*" cannot ([a-z]{1,30}) resource "([a-z0-9-]{1,100})(\/[a-z]{1,100})?" in API group "([a-z0-9.-]{0,200})"/;

/** True when the executor itself lacks a right. */
export const isRbac = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.status === 403 && RBAC.test(error.statusMessage);

/** What is missing, as rights are named and `kubectl auth can-i` takes it: `patch jobs.batch`. Undefined where the answer does not say. */
export function missingRight({ statusMessage }: ApiError): string | undefined {
  const [, verb, resource, part = '', group = ''] = PERMISSION.exec(statusMessage) ?? [];
  return verb === undefined ? undefined : `${verb} ${resource}${group && `.${group}`}${part}`;
}
