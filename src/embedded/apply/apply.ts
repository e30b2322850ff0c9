import { isRecord } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { ApiError } from '../status.ts';
import { fieldsOf, hasField, type Path, setAt } from './fields.ts';
import { isSame, type Manager, printManagers, readManagers, setOf, without } from './managers.ts';

export type Applying = {
  readonly manager: string;
  readonly force: boolean;
  readonly apiVersion: string;
  /** RFC 3339, in seconds. */
  readonly time: string;
};

/** A body that nobody else has a share in yet. */
export function applyAnew(
  body: Readonly<Record<string, unknown>>,
  { manager, apiVersion, time }: Applying,
): object {
  const fields = setOf([...fieldsOf(body).values()].map(({ path }) => path));
  const managers: Manager[] = [{ name: manager, operation: 'Apply', apiVersion, time, fields }];
  const metadata = isRecord(body.metadata) ? body.metadata : {};
  return { ...body, metadata: { ...metadata, managedFields: printManagers(managers) } };
}

/**
 * Server-side apply: the fields of the body become the manager's, those that it applied before and does not any more go, unless others own
 * them, too. What others own and is to be otherwise is a conflict, or taken from them by force. Throws the conflict.
 */
export function applyOver(
  current: KubeObject,
  body: Readonly<Record<string, unknown>>,
  { manager, force, apiVersion, time }: Applying,
): object {
  const own = { name: manager, operation: 'Apply' } as const;
  const managers = readManagers(current.metadata.managedFields);
  const mine = managers.find((one) => isSame(one, own));
  const others = managers.filter((one) => one !== mine);
  const wanted = fieldsOf(body);
  const changed = new Map([...wanted].filter(([, field]) => !hasField(current, field)));
  const conflicts = others.flatMap((owner) =>
    [...owner.fields].filter(([key]) => changed.has(key)).map(([, path]) => ({ owner, path })),
  );
  if (conflicts.length > 0 && !force) throw refused(conflicts);

  const draft = structuredClone(current) as Record<string, unknown>;
  for (const { path, value } of changed.values()) setAt(draft, path, value);
  for (const [key, path] of mine?.fields ?? [])
    if (!wanted.has(key) && !others.some(({ fields }) => fields.has(key))) setAt(draft, path, undefined);
  const fields = setOf([...wanted.values()].map(({ path }) => path));
  const unchanged = mine !== undefined && changed.size === 0 && sameKeys(mine.fields, fields);
  const now: Manager = unchanged ? mine : { ...own, apiVersion, time, fields };
  const left = others.map((owner) => ({ ...owner, fields: without(owner.fields, changed) }));
  const metadata = draft.metadata as Record<string, unknown>;
  return { ...draft, metadata: { ...metadata, managedFields: printManagers([now, ...left]) } };
}

/** After another kind of write, which this draft is to be stored for: what it has changed is its own. Objects that nobody applies have no owners. */
export function takeOwnership(current: KubeObject, draft: KubeObject, manager: string, time: string): void {
  const before = current.metadata.managedFields;
  delete draft.metadata.managedFields;
  if (before === undefined) return;
  const fields = fieldsOf(draft);
  const changed = [...fields].filter(([, field]) => !hasField(current, field));
  const gone = [...fieldsOf(current).keys()].filter((key) => !fields.has(key));
  draft.metadata.managedFields = before;
  if (changed.length + gone.length === 0) return;
  const own = { name: manager, operation: 'Update' } as const;
  const lost = new Set([...changed.map(([key]) => key), ...gone]);
  const managers = readManagers(before).map((one) => ({ ...one, fields: without(one.fields, lost) }));
  const mine = managers.find((one) => isSame(one, own));
  const taken = new Map([...(mine?.fields ?? []), ...changed.map(([key, { path }]) => [key, path] as const)]);
  const others = managers.filter((one) => one !== mine);
  draft.metadata.managedFields = printManagers([
    ...others,
    { ...own, apiVersion: draft.apiVersion, time, fields: taken },
  ]);
}

const sameKeys = (left: ReadonlyMap<string, unknown>, right: ReadonlyMap<string, unknown>): boolean =>
  left.size === right.size && [...left.keys()].every((key) => right.has(key));

function refused(conflicts: readonly { readonly owner: Manager; readonly path: Path }[]): ApiError {
  const causes = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${JSON.stringify(owner.name)}${owner.operation === 'Update' ? ` using ${owner.apiVersion}` : ''}`,
    field: `.${path.join('.')}`,
  }));
  const all = causes.map(({ message, field }) => `${message}: ${field}`);
  const count = all.length === 1 ? '1 conflict' : `${all.length} conflicts`;
  return new ApiError(409, 'Conflict', `Apply failed with ${count}: ${all.join(', ')}`, { causes });
}
