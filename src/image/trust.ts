import { createHash } from 'node:crypto';
import type { PublicKey } from './public-key.ts';

/** Whose signatures count. */
export interface Trust {
  /** The same for the same, and another one for any other: what was found out under one says nothing under another. */
  readonly id: string;
  readonly keys: readonly PublicKey[];
}

export function trustOf(keys: readonly PublicKey[]): Trust {
  const ids = keys.map(({ id }) => id).toSorted();
  return { id: createHash('sha256').update(ids.join('\n')).digest('hex'), keys };
}
