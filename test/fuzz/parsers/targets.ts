import type { Target } from '../target.ts';
import { documents } from './documents.ts';
import { identity } from './identity.ts';
import { keys } from './keys.ts';
import { submits } from './submits.ts';
import { texts } from './texts.ts';
import { told } from './told.ts';

/** Every parser of what strangers, files and agents write. */
export const targets: readonly Target[] = [...texts, ...submits, keys, ...documents, ...identity, ...told];
