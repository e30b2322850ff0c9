import type { Kind } from './kinds.ts';

/** One setting. Its path, flag and environment name follow from its place in the schema. */
export interface Setting<T> {
  readonly kind: Kind<T>;
  /** As one would write it; absent when there is none. Each has its reason in the description or a comment. */
  readonly default?: string;
  readonly description: string;
  /** Structured: has neither a flag nor an environment name. */
  readonly fileOnly?: true;
  /** Its value is never printed, not even in a problem. */
  readonly secret?: true;
}

/** Settings by key, and sections of them. */
export interface Schema {
  readonly [key: string]: Setting<unknown> | Schema;
}

/** The values of a schema. A setting without a default may be undefined. */
export type Values<S> =
  S extends Setting<infer T>
    ? S extends { readonly default: string }
      ? T
      : T | undefined
    : { readonly [K in keyof S]: Values<S[K]> };

/** A setting with all its names. */
export interface NamedSetting {
  /** In a file: `timeouts.queue`. */
  readonly path: string;
  /** `--timeouts-queue`; undefined when fileOnly. */
  readonly flag: string | undefined;
  /** `GLIP_EXECUTOR_TIMEOUTS_QUEUE`; undefined when fileOnly. */
  readonly env: string | undefined;
  readonly setting: Setting<unknown>;
}

export const envPrefix = 'GLIP_EXECUTOR_';

/** A setting that always has a value. */
export function required<T>(kind: Kind<T>, defaultText: string, description: string) {
  return { kind, default: defaultText, description } as const;
}

/** A setting that may be absent; the description says what that means. */
export function optional<T>(kind: Kind<T>, description: string): Setting<T> {
  return { kind, description };
}

/** Every setting of a schema in its order. */
export function namedSettings(schema: Schema, parent = ''): readonly NamedSetting[] {
  return Object.entries(schema).flatMap(([key, node]) => {
    const path = parent === '' ? key : `${parent}.${key}`;
    if (!isSetting(node)) return namedSettings(node, path);
    const words = path.replaceAll('.', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const named = { path, setting: node };
    if (node.fileOnly) return [{ ...named, flag: undefined, env: undefined }];
    const env = envPrefix + words.replaceAll('-', '_').toUpperCase();
    return [{ ...named, flag: `--${words}`, env }];
  });
}

export function isSetting(node: Setting<unknown> | Schema): node is Setting<unknown> {
  return typeof (node as Partial<Setting<unknown>>).kind?.parse === 'function';
}
