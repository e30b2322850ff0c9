import { isSubdomain } from '../lib/label-syntax.ts';
import type { Violation } from '../step/errors.ts';

/** A Secret of the tenant's namespace as a step uses it: its name alone; no value ever comes through the executor. */
export interface SecretUse {
  readonly secret: string;
  /** Key in it; empty for all of them, as files. */
  readonly key: string;
  readonly target:
    | { readonly kind: 'env'; readonly name: string }
    | { readonly kind: 'files'; readonly mountPath: string }
    | { readonly kind: 'none' };
}

/** What the places are checked by, which other options have, too. */
export interface Places {
  /** What is wrong with an environment name, if anything is. */
  readonly envProblem: (name: string) => string | undefined;
  readonly pathProblem: (path: string) => string | undefined;
  /** Names and paths that other options have taken. */
  readonly env: ReadonlySet<string>;
  readonly paths: ReadonlySet<string>;
}

const most = 50;

/** Everything that is wrong with the secrets of a request. `path` is that of the options. */
export function checkSecrets(uses: readonly SecretUse[], places: Places, path: string): readonly Violation[] {
  const violations: Violation[] = [];
  const add = (field: string, message: string) => violations.push({ field: `${path}.${field}`, message });
  if (uses.length > most) {
    add('secrets', `must have at most ${most} entries, has ${uses.length}`);
    return violations;
  }
  const names = new Set(places.env);
  const paths = new Set(places.paths);
  for (const [i, { secret, key, target }] of uses.entries()) {
    const at = (field: string) => `secrets[${i}].${field}`;
    if (!isSubdomain(secret)) add(at('name'), 'must be the name of a Secret');
    if (key !== '' && !isKey(key))
      add(at('key'), 'must be a key of a Secret: at most 253 of letters, digits, "-", "_" and "."');
    if (target.kind === 'none') add(at('env'), 'must be set, or mount_path');
    if (target.kind === 'env') {
      if (key === '') add(at('key'), 'must be set for an environment variable');
      const problem = places.envProblem(target.name) ?? taken(names, target.name);
      if (problem !== undefined) add(at('env'), problem);
      names.add(target.name);
    }
    if (target.kind === 'files') {
      const problem = places.pathProblem(target.mountPath) ?? taken(paths, target.mountPath);
      if (problem !== undefined) add(at('mount_path'), problem);
      paths.add(target.mountPath);
    }
  }
  return violations;
}

const taken = (names: ReadonlySet<string>, name: string): string | undefined =>
  names.has(name) ? 'appears twice' : undefined;

const isKey = (key: string): boolean =>
  /^[-._a-zA-Z0-9]{1,253}$/.test(key) && key !== '.' && !key.startsWith('..');

/** Secrets that the tenant does not allow. `allowed` is undefined where nobody has described the tenant. */
export function forbiddenSecrets(
  uses: readonly SecretUse[],
  allowed: readonly string[] | undefined,
  path: string,
): readonly Violation[] {
  return uses.flatMap(({ secret }, i) =>
    allowed?.includes(secret) || !isSubdomain(secret)
      ? []
      : [{ field: `${path}.secrets[${i}].name`, message: whyNot(allowed) }],
  );
}

const whyNot = (allowed: readonly string[] | undefined): string =>
  allowed === undefined
    ? 'nobody has described this tenant, so its steps may use no Secret: describe it with EnsureTenant, and name the Secret there'
    : `is none that this tenant may use; those are: ${allowed.join(', ') || 'none'}`;

const volumeName = (i: number): string => `${secretVolumes}${i}`;

/** How the names of volumes of secrets begin: callers' own must not. */
export const secretVolumes = 'glip-secret-';

/** Environment from keys of secrets. */
export const secretEnv = (uses: readonly SecretUse[]) =>
  uses.flatMap(({ secret: name, key, target }) =>
    target.kind === 'env' ? [{ name: target.name, valueFrom: { secretKeyRef: { name, key } } }] : [],
  );

/** Readable for the agent's group alone, which is the one that the pod's volumes belong to. */
const fileMode = 0o440;

/** Volumes of secrets, and where they are mounted: read-only. */
export const secretFiles = (uses: readonly SecretUse[]) =>
  uses.flatMap(({ secret: secretName, key, target }, i) =>
    target.kind === 'files'
      ? [
          {
            volume: {
              name: volumeName(i),
              secret: {
                secretName,
                defaultMode: fileMode,
                ...(key !== '' && { items: [{ key, path: key }] }),
              },
            },
            mount: { name: volumeName(i), mountPath: target.mountPath, readOnly: true },
          },
        ]
      : [],
  );
