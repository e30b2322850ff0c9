import { createHash } from 'node:crypto';
import type { Keyless } from './keyless.ts';
import type { PublicKey } from './public-key.ts';

/** Whose signatures count. */
export interface Trust {
  /** The same for the same, and another one for any other: what was found out under one says nothing under another. */
  readonly id: string;
  readonly keys: readonly PublicKey[];
  /** Absent where only keys count. */
  readonly keyless?: Keyless;
}

export function trustOf(keys: readonly PublicKey[], keyless?: Keyless): Trust {
  const ids = [...keys.map(({ id }) => id).toSorted(), ...(keyless ? [`keyless:${keyless.id}`] : [])];
  return { id: createHash('sha256').update(ids.join('\n')).digest('hex'), keys, ...(keyless && { keyless }) };
}
