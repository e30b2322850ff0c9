import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../src/kube/api-error.ts';
import { fieldOwners } from '../../../src/kube/field-owners.ts';

const conflict = (...causes: readonly (readonly [message: string, field: string])[]) =>
  new ApiError(
    409,
    {
      reason: 'Conflict',
      details: {
        causes: causes.map(([message, field]) => ({ reason: 'FieldManagerConflict', message, field })),
      },
    },
    'PATCH x',
  );

describe('who owns the fields of a refused apply', () => {
  test.each([
    ['conflict with "kubectl-edit" using v1', 'kubectl-edit', false],
    [
      'conflict with "kubectl-edit" using networking.k8s.io/v1 at 2026-11-27T20:00:00Z',
      'kubectl-edit',
      false,
    ],
    ['conflict with "controller" with subresource "status" using v1', 'controller', false],
    ['conflict with "argocd"', 'argocd', true],
    ['conflict with "a \\"quoted\\" using v1"', 'a "quoted" using v1', true],
    ['words that nobody knows', '', true],
  ])('%s', (message, manager, declares) => {
    expect(fieldOwners(conflict([message, '.spec.hard.pods']))).toEqual([
      { manager, declares, fields: ['.spec.hard.pods'] },
    ]);
  });

  test('fields are put together by owner', () => {
    const error = conflict(
      ['conflict with "a" using v1', '.x'],
      ['conflict with "b"', '.y'],
      ['conflict with "a" using v1', '.z'],
    );
    expect(fieldOwners(error)).toEqual([
      { manager: 'a', declares: false, fields: ['.x', '.z'] },
      { manager: 'b', declares: true, fields: ['.y'] },
    ]);
  });

  test('another refusal is none', () => {
    expect(fieldOwners(new ApiError(409, { reason: 'Conflict' }, 'PATCH x'))).toBeUndefined();
    expect(fieldOwners(new ApiError(403, {}, 'PATCH x'))).toBeUndefined();
    expect(fieldOwners(new Error('no'))).toBeUndefined();
  });
});
