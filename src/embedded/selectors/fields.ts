import { isRecord } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { Resource } from '../registry/resources.ts';
import { badRequest } from '../status.ts';

/** Fields whose name in a selector is not their path in the object. */
const PATHS: Readonly<Record<string, string>> = {
  source: 'source.component',
  'status.successful': 'status.succeeded',
};

function valueAt(object: KubeObject, field: string): string {
  let value: unknown = object;
  for (const part of (PATHS[field] ?? field).split('.')) value = isRecord(value) ? value[part] : undefined;
  if (value === undefined || value === null) return field === 'status.successful' ? '0' : '';
  return String(value);
}

/** The test that a fieldSelector parameter stands for. A field that the resource does not offer is refused. */
export function parseFieldSelector(resource: Resource, text: string): (object: KubeObject) => boolean {
  const known = ['metadata.name', ...(resource.namespaced ? ['metadata.namespace'] : []), ...resource.fields];
  const terms = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const term = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(part);
      if (term === null) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const field = term[1] ?? '';
      if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return { field, equal: term[2] !== '!=', value: term[3] ?? '' };
    });
  return (object) => terms.every(({ field, equal, value }) => (valueAt(object, field) === value) === equal);
}
