/** By which member the API server tells the items of these lists apart; other lists are one field. */
const keyOf: Readonly<Record<string, string>> = {
  containers: 'name',
  volumes: 'name',
  env: 'name',
  volumeMounts: 'mountPath',
  ownerReferences: 'uid',
  conditions: 'type',
  podIPs: 'ip',
  hostIPs: 'ip',
};

/** An entry of managedFields as the API server makes it of what a writer has set: more than half of an object's bytes. */
export function managedBy(
  manager: string,
  time: string,
  written: object,
  apiVersion: string,
  subresource?: string,
) {
  const entry = { manager, operation: 'Update', apiVersion, time, fieldsType: 'FieldsV1' };
  return { ...entry, fieldsV1: fieldsOf(written), ...(subresource !== undefined && { subresource }) };
}

function fieldsOf(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      `f:${name}`,
      Array.isArray(member) ? itemsOf(name, member) : fieldsOf(member),
    ]),
  );
}

function itemsOf(name: string, items: readonly unknown[]): object {
  const key = keyOf[name];
  if (key === undefined) return {};
  const fields = items.map((item) => {
    const id = JSON.stringify({ [key]: (item as Readonly<Record<string, unknown>>)[key] });
    return [`k:${id}`, { '.': {}, ...fieldsOf(item) }] as const;
  });
  return { '.': {}, ...Object.fromEntries(fields) };
}
