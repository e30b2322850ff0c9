import { join } from 'node:path';

/** The checkout. */
export const root = join(import.meta.dirname, '..', '..', '..');
/** The contract. */
export const protoDirectory = join(root, 'proto');
/** A tool of node_modules. */
export const tool = (name: string): string => join(root, 'node_modules', '.bin', name);
