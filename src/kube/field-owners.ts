import type { FieldOwner } from '../tenant/ports.ts';
import { ApiError } from './api-error.ts';

// structured-merge-diff's printManager: only an Update says which version it used. There is nothing but the sentence.
const sentence = /^conflict with ("(?:[^"\\]|\\.)*")(?: with subresource "[^"]*")?( using )?/;

/**
 * Who owns the fields that an apply was refused for; undefined for another refusal. Where the sentence cannot be read, the owner is taken for
 * one that applies, too.
 */
export function fieldOwners(error: unknown): readonly FieldOwner[] | undefined {
  if (!(error instanceof ApiError) || error.status !== 409) return undefined;
  const conflicts = (error.details.causes ?? []).filter(({ reason }) => reason === 'FieldManagerConflict');
  if (conflicts.length === 0) return undefined;
  const owners = new Map<string, { manager: string; declares: boolean; fields: string[] }>();
  for (const { message = '', field = '' } of conflicts) {
    const [, quoted = '""', using] = sentence.exec(message) ?? [];
    const manager = unquoted(quoted);
    const declares = using === undefined;
    const key = `${declares} ${manager}`;
    const owner = owners.get(key) ?? { manager, declares, fields: [] };
    owner.fields.push(field);
    owners.set(key, owner);
  }
  return [...owners.values()];
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
