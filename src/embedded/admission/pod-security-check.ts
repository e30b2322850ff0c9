import type { Container, PodSpec } from '../objects.ts';

/** What one check has against a pod: the reason, and in brackets the detail. */
export type Finding = { readonly reason: string; readonly detail: string };
export type Check = (spec: PodSpec) => Finding | undefined;

export function containersOf(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** `container "a"` or `containers "a", "b"`. */
export function named(kind: string, names: readonly string[]): string {
  return `${names.length === 1 ? kind : `${kind}s`} ${quoted(names)}`;
}

export function quoted(names: Iterable<string>): string {
  return [...names].map((name) => JSON.stringify(name)).join(', ');
}

/** Names of the containers for which `bad` holds. */
export function namesWhere(spec: PodSpec, bad: (container: Container) => boolean): string[] {
  return containersOf(spec)
    .filter(bad)
    .map(({ name }) => name);
}
